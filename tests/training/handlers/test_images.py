import matplotlib.image
import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg

from monai_blurvae.functional import byte_levels
from monai_blurvae.keys import Keys
from monai_blurvae.networks import BlurVAE
from monai_blurvae.training.handlers import KernelHistory, ReconstructionImages, reconstruction_figure


def batches(*sizes):
    generator = torch.Generator().manual_seed(0)
    return [{Keys.IMAGE: torch.rand(size, 1, 16, 16, generator=generator) * 2 - 1} for size in sizes]


def test_every_epoch_has_its_picture_in_a_file_and_in_tensorboard(
    network, tmp_path, writer, events, engine_of
):
    handler = ReconstructionImages(network, tmp_path, writer, n=3)
    assert handler.latest is None
    engine = engine_of()
    handler.attach(engine)
    engine.run(batches(4), max_epochs=2)
    names = ["epoch_0001.png", "epoch_0002.png"]
    assert sorted(file.name for file in (tmp_path / "images").iterdir()) == names
    assert handler.latest == tmp_path / "images" / names[-1]
    assert [event.step for event in events("images", "images")] == [1, 2]


def test_an_evaluation_outside_training_has_a_name_of_its_own(network, tmp_path, engine_of):
    handler = ReconstructionImages(network, tmp_path, label="test")
    engine = engine_of()
    handler.attach(engine)
    engine.run(batches(4))
    assert handler.latest == tmp_path / "images" / "test.png"


def test_the_training_s_mode_random_state_and_weights_stay_as_they_were(network, tmp_path, engine_of):
    network.train()
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    engine = engine_of()
    ReconstructionImages(network, tmp_path).attach(engine)
    engine.run(batches(4))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert network.training
    # batch norm's running statistics are among them
    assert all(torch.equal(value, weights[name]) for name, value in network.state_dict().items())


def test_a_network_that_did_not_change_gives_the_same_picture_in_another_epoch(network, tmp_path, engine_of):
    engine = engine_of()
    ReconstructionImages(network, tmp_path).attach(engine)
    engine.run(batches(4), max_epochs=2)
    first, second = (
        matplotlib.image.imread(tmp_path / "images" / f"epoch_000{epoch}.png") for epoch in (1, 2)
    )
    title_rows = 40
    assert (first[title_rows:] == second[title_rows:]).all()


@pytest.mark.parametrize(("n", "columns"), [(3, 3), (5, 5), (20, 7)])
def test_the_first_n_images_are_shown_across_batches_or_all_there_are(
    network, tmp_path, engine_of, n, columns
):
    engine = engine_of()
    ReconstructionImages(network, tmp_path, n=n).attach(engine)
    engine.run(batches(4, 3))
    width = matplotlib.image.imread(tmp_path / "images" / "epoch_0001.png").shape[1]
    assert width == max(
        420, 28 + columns * (128 + 4)
    )  # the labels' margin, then 128 pixels and a gap a column


def test_a_network_without_kernels_has_three_rows(network, tmp_path, engine_of):
    engine = engine_of()
    ReconstructionImages(BlurVAE(network.encoder, network.decoder), tmp_path).attach(engine)
    engine.run(batches(4))
    height = matplotlib.image.imread(tmp_path / "images" / "epoch_0001.png").shape[0]
    assert height == 40 + 3 * (128 + 4)


def test_no_column_is_refused(network, tmp_path):
    with pytest.raises(ValueError, match="`n` must be an integer of at least 1, got 0"):
        ReconstructionImages(network, tmp_path, n=0)


@pytest.mark.parametrize("with_kernels", [True, False])
def test_the_archive_holds_what_the_figure_shows(network, tmp_path, engine_of, with_kernels):
    network = network if with_kernels else BlurVAE(network.encoder, network.decoder)
    engine = engine_of()
    path = tmp_path / "pictures.npz"
    ReconstructionImages(network, tmp_path, n=6, archive=path).attach(engine)
    data = batches(4, 4)
    engine.run(data)
    images = torch.cat([batch[Keys.IMAGE] for batch in data])[:6]
    with np.load(path) as file, torch.no_grad():
        network.eval()
        assert set(file) == {"inputs", "reconstructions", "samples"} | (
            {"kernels"} if with_kernels else set()
        )
        np.testing.assert_array_equal(file["inputs"], byte_levels(images).numpy())
        np.testing.assert_array_equal(file["reconstructions"], byte_levels(network(images)).numpy())
        samples = network.sample(6, torch.Generator().manual_seed(0))
        np.testing.assert_array_equal(file["samples"], byte_levels(samples).numpy())
        if with_kernels:
            np.testing.assert_allclose(file["kernels"], network.kernel(network.encode(images)[0]).numpy())


def images(n=3, channels=1, size=(16, 16), seed=0):
    return torch.rand(n, channels, *size, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def rows(inputs, reconstructions, samples):
    return {"inputs": inputs, "reconstructions": reconstructions, "samples": samples}


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
    figure = reconstruction_figure(rows(image, image, image), torch.rand(3, 3, 3), "epoch 5")
    panel = rendered(figure)[box(figure.axes[1])]  # the second column of the first row
    assert panel.shape == (128, 128, 3)  # 16 pixels, 8 times enlarged
    expected = (image[1, 0] + 1) / 2 * 255
    for offset in (0, 7):  # both ends of every square
        np.testing.assert_allclose(panel[offset::8, offset::8, 0], expected, atol=2)  # 256 levels, rounded


def test_the_grey_range_is_fixed():
    bright, dark = torch.full((1, 1, 16, 16), 0.5), torch.full((1, 1, 16, 16), -1.0)
    figure = reconstruction_figure(rows(bright, dark, bright))
    values = [rendered(figure)[box(axes)].mean() for axes in figure.axes]
    # (0.5 + 1) / 2 of 255, and black, whatever else is in the picture
    np.testing.assert_allclose(values, [191.25, 0, 191.25], atol=1.5)


def test_every_kernel_is_scaled_to_its_own_maximum():
    kernels = torch.zeros(2, 3, 3)
    kernels[0, 1, 1], kernels[1] = 1.0, 1 / 9
    figure = reconstruction_figure(rows(images(2), images(2), images(2)), kernels)
    delta, flat = (rendered(figure)[box(axes)] for axes in figure.axes[-2:])
    assert delta.max() == flat.max() == 255
    assert (flat == 255).all()
    assert (delta[:40] == 0).all()


def test_rows_are_labelled_and_labels_do_not_overlap():
    figure = reconstruction_figure(rows(images(), images(), images()), torch.rand(3, 11, 11), "epoch 5")
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
    assert len(reconstruction_figure(rows(images(), images(), images())).axes) == 9


@pytest.mark.parametrize(("channels", "shape"), [(1, (16, 16)), (3, (16, 16, 3)), (2, (16, 16))])
def test_three_channels_are_colours_and_else_the_first_is_grey(channels, shape):
    figure = reconstruction_figure({"inputs": images(1, channels)})
    assert figure.axes[0].images[0].get_array().shape == shape


def test_of_a_volume_the_middle_slice_is_shown():
    volume = images(2, size=(8, 16, 16))
    figure = reconstruction_figure(rows(volume, volume, volume), torch.rand(2, 3, 5, 5))
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), volume[0, 0, 4])
    assert figure.axes[-1].images[0].get_array().shape == (5, 5)


def test_of_a_volume_the_kernels_middle_plane_fills_the_range_and_the_figure_says_what_is_shown():
    kernels = torch.full((1, 3, 3, 3), 0.01)
    kernels[:, 0], kernels[0, 1, 1, 1] = 1.0, 0.02  # far more in a plane that is not shown
    volume = images(1, size=(8, 16, 16))
    figure = reconstruction_figure(rows(volume, volume, volume), kernels, "epoch 5")
    expected = np.full((3, 3), 0.5)
    expected[1, 1] = 1
    np.testing.assert_allclose(figure.axes[-1].images[0].get_array(), expected)
    texts = [text.get_text() for text in figure.texts]
    assert "epoch 5, middle slices" in texts
    assert "middle planes of the 3 × 3 × 3 kernels of the inputs, each scaled to its maximum" in texts


def validate(engine_of, handler, data, epoch):
    engine = engine_of()
    handler.attach(engine)
    engine.state.max_epochs, engine.state.epoch, engine.state.iteration = epoch, epoch - 1, 0
    engine.run(data, epoch_length=len(data))


def test_every_validation_adds_the_kernels_of_the_same_first_images(network, tmp_path, engine_of):
    data = batches(3, 3)
    images = torch.cat([batch[Keys.IMAGE] for batch in data])[:4]
    expected = []
    for epoch in (1, 3):
        torch.nn.init.normal_(
            next(network.kernel_net.parameters()), generator=torch.Generator().manual_seed(epoch)
        )
        validate(engine_of, KernelHistory(network, tmp_path), data, epoch)
        with torch.no_grad():
            expected.append(network.eval().kernel(network.encode(images)[0]).numpy())
        network.train()
    with np.load(tmp_path / "kernels.npz") as file:
        np.testing.assert_array_equal(file["epochs"], [1, 3])
        np.testing.assert_array_equal(file["images"], byte_levels(images).numpy())
        np.testing.assert_allclose(file["kernels"], expected, rtol=1e-5)
        assert file["kernels"].dtype == np.float32
    assert network.training


def test_a_resumed_run_drops_the_epochs_of_a_history_given_up(network, tmp_path, engine_of):
    for epoch in (1, 2, 3, 2):
        validate(engine_of, KernelHistory(network, tmp_path), batches(4), epoch)
    with np.load(tmp_path / "kernels.npz") as file:
        np.testing.assert_array_equal(file["epochs"], [1, 2])
        assert len(file["kernels"]) == 2


def test_a_network_without_kernels_leaves_no_file(network, tmp_path, engine_of):
    plain = BlurVAE(network.encoder, network.decoder)
    validate(engine_of, KernelHistory(plain, tmp_path), batches(4), 1)
    assert not list(tmp_path.iterdir())


def test_no_image_is_refused(network, tmp_path):
    with pytest.raises(ValueError, match="`n` must be an integer of at least 1, got 0"):
        KernelHistory(network, tmp_path, n=0)
