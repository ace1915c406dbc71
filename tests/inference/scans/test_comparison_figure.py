import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg

from monai_blurvae.inference.scans.comparison_figure import ENLARGED, comparison_figure
from tests.inference.scans.scan import phantom

IMAGE = phantom()[0, 0]


def words(figure):
    return [text.get_text() for text in figure.texts]


def test_panels_are_named_and_share_one_grey_window():
    figure = comparison_figure(
        "joint", ["slice 4"], [IMAGE / 2], [IMAGE], [0.1 * IMAGE.abs()], [10 * IMAGE.abs()]
    )
    FigureCanvasAgg(figure).draw()
    assert words(figure) == [
        "joint", "zero-filled", "reconstruction", f"standard deviation × {ENLARGED}", "reference",
        f"error × {ENLARGED}", "slice 4",
    ]  # fmt: skip
    pictures = [axes.images[0] for axes in figure.axes]
    assert len({picture.get_clim() for picture in pictures}) == 1
    shown = [np.asarray(picture.get_array()) for picture in pictures]
    np.testing.assert_allclose(shown[0], IMAGE.abs() / 2)
    np.testing.assert_allclose(shown[2], 0.1 * ENLARGED * IMAGE.abs(), rtol=1e-6)
    np.testing.assert_allclose(shown[3], IMAGE.abs(), rtol=1e-5)  # scaled to the reconstruction's norm
    np.testing.assert_allclose(shown[4], 0, atol=1e-5)


def test_what_there_is_not_has_no_column_and_a_slice_without_it_an_empty_place():
    bare = comparison_figure("tv", ["slice 0"], [IMAGE], [IMAGE], [None], [None])
    assert len(bare.axes) == 2
    mixed = comparison_figure("tv", ["a", "b"], [IMAGE] * 2, [IMAGE] * 2, [IMAGE.abs(), None], [None] * 2)
    assert len(mixed.axes) == 5
    nothing = torch.zeros(4, 4, dtype=torch.complex64)
    FigureCanvasAgg(comparison_figure("tv", ["a"], [nothing], [nothing], [None], [None])).draw()
