import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg

from monai_blurvae.training.handlers import reconstruction_figure


def images(n=3, channels=1, size=(16, 16), seed=0):
    return torch.rand(n, channels, *size, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def rendered(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


def box(axes):
    """Rows and columns of a panel in the rendered picture."""
    extent = axes.get_window_extent()
    height = axes.figure.bbox.height
    rows = slice(round(height - extent.y1), round(height - extent.y0))
    return rows, slice(round(extent.x0), round(extent.x1))


def test_every_pixel_of_an_image_is_a_square_of_its_grey():
    image = images()
    figure = reconstruction_figure(image, image, image, torch.rand(3, 3, 3), "epoch 5")
    panel = rendered(figure)[box(figure.axes[1])]  # the second column of the first row
    assert panel.shape == (128, 128, 3)  # 16 pixels, 8 times enlarged
    expected = (image[1, 0] + 1) / 2 * 255
    for offset in (0, 7):  # both ends of every square
        np.testing.assert_allclose(panel[offset::8, offset::8, 0], expected, atol=2)  # 256 levels, rounded


def test_the_grey_range_is_fixed():
    bright, dark = torch.full((1, 1, 16, 16), 0.5), torch.full((1, 1, 16, 16), -1.0)
    figure = reconstruction_figure(bright, dark, bright)
    values = [rendered(figure)[box(axes)].mean() for axes in figure.axes]
    # (0.5 + 1) / 2 of 255, and black, whatever else is in the picture
    np.testing.assert_allclose(values, [191.25, 0, 191.25], atol=1.5)


def test_every_kernel_is_scaled_to_its_own_maximum():
    kernels = torch.zeros(2, 3, 3)
    kernels[0, 1, 1], kernels[1] = 1.0, 1 / 9
    figure = reconstruction_figure(images(2), images(2), images(2), kernels)
    delta, flat = (rendered(figure)[box(axes)] for axes in figure.axes[-2:])
    assert delta.max() == flat.max() == 255
    assert (flat == 255).all()
    assert (delta[:40] == 0).all()


def test_rows_are_labelled_and_labels_do_not_overlap():
    figure = reconstruction_figure(images(), images(), images(), torch.rand(3, 11, 11), "epoch 5")
    FigureCanvasAgg(figure).draw()
    texts = {text.get_text(): text.get_window_extent() for text in figure.texts}
    assert list(texts) == [
        "epoch 5",
        "inputs",
        "reconstructions",
        "samples",
        "11 × 11 kernels of the inputs, each scaled to its maximum",
        "kernels",
    ]
    boxes = list(texts.values()) + [axes.get_window_extent() for axes in figure.axes]
    for i, first in enumerate(boxes):
        assert first.x0 >= 0
        assert first.x1 <= figure.bbox.width
        assert not any(first.padded(-1).overlaps(second.padded(-1)) for second in boxes[i + 1 :])


def test_without_kernels_their_row_is_left_out():
    assert len(reconstruction_figure(images(), images(), images()).axes) == 9


@pytest.mark.parametrize(("channels", "shape"), [(1, (16, 16)), (3, (16, 16, 3)), (2, (16, 16))])
def test_three_channels_are_colours_and_else_the_first_is_grey(channels, shape):
    figure = reconstruction_figure(*[images(1, channels)] * 3)
    assert figure.axes[0].images[0].get_array().shape == shape


def test_of_a_volume_the_middle_slice_is_shown():
    volume = images(2, size=(8, 16, 16))
    figure = reconstruction_figure(volume, volume, volume, torch.rand(2, 3, 5, 5))
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), volume[0, 0, 4])
    assert figure.axes[-1].images[0].get_array().shape == (5, 5)


def test_of_a_volume_the_kernels_middle_plane_fills_the_range_and_the_figure_says_what_is_shown():
    kernels = torch.full((1, 3, 3, 3), 0.01)
    kernels[:, 0], kernels[0, 1, 1, 1] = 1.0, 0.02  # far more in a plane that is not shown
    volume = images(1, size=(8, 16, 16))
    figure = reconstruction_figure(volume, volume, volume, kernels, "epoch 5")
    expected = np.full((3, 3), 0.5)
    expected[1, 1] = 1
    np.testing.assert_allclose(figure.axes[-1].images[0].get_array(), expected)
    texts = [text.get_text() for text in figure.texts]
    assert "epoch 5, middle slices" in texts
    assert "middle planes of the 3 × 3 × 3 kernels of the inputs, each scaled to its maximum" in texts
