import math

import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg

from monai_blurvae.training.handlers import spectrum_figure

NAMES = ("data", "reconstructions", "samples")


def draw(size=(8, 8)):
    spectra = {name: torch.full(size, float(index)) for index, name in enumerate(NAMES)}
    power = {name: torch.tensor([100.0, 10.0, 1.0, 0.0]) for name in NAMES}
    return spectrum_figure(spectra, power, torch.tensor([0.0625, 0.1875, 0.3125, 0.4375]), "epoch 5")


def titled(figure):
    return {axes.get_title(): axes for axes in figure.axes if axes.get_title()}


def test_spectra_share_one_range_and_differences_one_around_zero():
    panels = titled(draw())
    assert [panels[name].images[0].get_clim() for name in NAMES] == [(0, 2)] * 3
    differences = [panels[f"{name} − data"].images[0] for name in NAMES[1:]]
    assert [picture.get_clim() for picture in differences] == [(-2, 2)] * 2
    np.testing.assert_array_equal(differences[1].get_array(), 2.0)


def test_the_curves_are_logarithms_of_the_power_and_no_power_stays_drawable():
    axes = titled(draw())["mean power by frequency"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("cycles per pixel", "log10 power")
    curve = axes.lines[0].get_ydata()
    np.testing.assert_allclose(curve[:3], [2, 1, 0], atol=1e-6)
    assert math.isfinite(curve[3])


def test_of_a_volume_the_plane_through_the_zero_frequency_is_shown():
    assert titled(draw((4, 8, 8)))["data"].images[0].get_array().shape == (8, 8)


def test_titles_and_axis_labels_do_not_overlap():
    figure = draw()
    FigureCanvasAgg(figure).draw()
    texts = [axes.title for axes in figure.axes] + [axes.xaxis.label for axes in figure.axes]
    boxes = [text.get_window_extent() for text in texts if text.get_text()]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
