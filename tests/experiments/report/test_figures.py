import io

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from experiments.report.compare import grouped
from experiments.report.figures import (
    CURVES,
    LIMIT,
    central_plane,
    frontier_figures,
    line_styles,
    png,
    spectra_figure,
)
from experiments.report.paper import OURS
from experiments.report.pictures import grid_figure, kernel_width, kernels_figure, plane
from experiments.report.runs import read_runs
from tests.experiments.report.conftest import add_pictures


def shown(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_keeps_its_values(channels):
    image = np.random.default_rng(0).integers(0, 256, (channels, 5, 7), dtype=np.uint8)
    colours = plane(image)
    for channel in range(3):
        np.testing.assert_array_equal(colours[..., channel], image[channel if channels == 3 else 0])


def test_a_volume_shows_its_middle_slice():
    volume = np.arange(5, dtype=np.uint8)[None, :, None, None] * np.ones((1, 1, 4, 4), np.uint8)
    assert (plane(volume) == 2).all()


@pytest.mark.parametrize(("channels", "size"), [(1, (8, 8)), (3, (8, 8)), (1, (6, 8, 8))])
def test_the_grid_shows_every_method_in_grey_colour_and_3d(runs, channels, size):
    for seed, method in enumerate(("L2", "L1")):
        add_pictures(runs.add(method, method), channels, size, seed)
    found, _ = read_runs([runs.folder])
    figure, _ = grid_figure(found)
    assert [axes.get_title() for axes in figure.axes[:3]] == ["data", "L1", "L2"]
    with np.load(found[0].test / "pictures.npz") as file:
        np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), plane(file["inputs"][0]))
        expected = plane(file["reconstructions"][0])
    np.testing.assert_array_equal(figure.axes[1].images[0].get_array(), expected)


def test_reconstructions_of_other_inputs_are_left_out_and_named(runs):
    for method in ("L1", "L2"):
        add_pictures(runs.add(method, method))
    path = runs.folder / "L2" / "test" / "pictures.npz"
    with np.load(path) as file:
        np.savez(path, **{name: file[name] // 2 for name in file.files})
    _, text = grid_figure(read_runs([runs.folder])[0])
    assert "Evaluated on other inputs, so without reconstructions here: L2." in text


def test_the_zero_frequency_of_a_volume_lies_in_the_plane_shown():
    spectrum = np.zeros((4, 6, 8))
    spectrum[2, 3, 4] = 1
    assert central_plane(spectrum)[3, 4] == 1


def test_a_gaussian_kernels_width_is_its_standard_deviation():
    rows, columns = np.mgrid[-20:21, -20:21]
    assert kernel_width(np.exp(-(rows**2 + columns**2) / (2 * 2.5**2))) == pytest.approx(2.5, rel=1e-6)


def test_figures_of_runs_without_pictures_are_none(runs):
    runs.add("a")
    found, _ = read_runs([runs.folder])
    assert (grid_figure(found), spectra_figure(found), kernels_figure(found[0])) == (None, None, None)


@pytest.mark.parametrize(
    ("methods", "channels", "size", "mode"),
    [(("L2",), 1, (8, 8), "RGB"), (("L1", "L2", "FFL", "CE", "SSIM"), 3, (96, 96), "P")],
)
def test_only_a_large_figure_is_drawn_in_256_colours(runs, methods, channels, size, mode):
    for method in methods:
        add_pictures(runs.add(method, method), channels, size, seed=len(method))
    figure, _ = grid_figure(read_runs([runs.folder])[0])
    encoded = png(figure)
    assert mode == "P" or len(encoded) < LIMIT
    assert Image.open(io.BytesIO(encoded)).mode == mode


def test_every_method_has_one_colour_and_figures_of_at_most_six_curves_tell_them_apart(runs):
    methods = [
        OURS,
        "L2",
        *(f"method {number}, learning_rate 0.0001 instead of 0.001" for number in range(11)),
    ]
    for method in methods:
        runs.add(method, method)
    (group,) = grouped(read_runs([runs.folder])[0])
    styles = line_styles(methods)
    figures = [figure for figure, _ in frontier_figures(group, styles)]
    assert len(figures) == 3
    found = set()
    for figure in figures:
        drawn = shown(figure)
        (legend,) = figure.legends
        names = [text.get_text().replace("\n", " ") for text in legend.get_texts()]
        assert {OURS, "L2"} < set(names)
        assert len(names) <= CURVES
        assert len({styles[name]["color"] for name in names}) == len(names)
        found |= set(names)
        box = legend.get_window_extent()
        assert (box.x0, box.y0) >= (0, 0)
        assert box.x1 <= drawn.shape[1]
        assert box.y1 <= min(axes.get_window_extent().y0 for axes in figure.axes)
    assert found == set(methods)
