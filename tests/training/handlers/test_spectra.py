import math

import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg

from monai_blurvae.functional import log_spectrum, radial_power
from monai_blurvae.keys import Keys
from monai_blurvae.training.handlers import SpectrumImages, spectra, spectrum_figure


def batches(*sizes):
    generator = torch.Generator().manual_seed(0)
    keys = (Keys.IMAGE, Keys.RECONSTRUCTION, Keys.SAMPLES)
    return [{key: torch.randn(size, 1, 16, 16, generator=generator) for key in keys} for size in sizes]


def test_every_epoch_has_its_picture_in_a_file_and_in_tensorboard(tmp_path, writer, events, engine_of):
    handler = SpectrumImages(tmp_path, writer)
    engine = engine_of()
    handler.attach(engine)
    engine.run(batches(2, 2), max_epochs=2)
    assert handler.latest == tmp_path / "spectra" / "epoch_0002.png"
    assert [event.step for event in events("images", "spectra")] == [1, 2]


def test_the_means_are_those_of_the_first_n_images_of_this_epoch(tmp_path, engine_of, monkeypatch):
    drawn = []
    draw = spectra.spectrum_figure
    monkeypatch.setattr(
        spectra, "spectrum_figure", lambda *args, **words: drawn.append(args) or draw(*args, **words)
    )
    engine = engine_of()
    SpectrumImages(tmp_path, n=5).attach(engine)
    data = batches(4, 4)
    engine.run(data, max_epochs=2)
    images = torch.cat([batch[Keys.SAMPLES] for batch in data])[:5]
    for mean_spectra, power, *_ in drawn:
        torch.testing.assert_close(mean_spectra["samples"], log_spectrum(images))
        torch.testing.assert_close(power["samples"], radial_power(images, 8).mean(dim=0))


def test_the_archive_holds_the_mean_spectra_of_the_figure(tmp_path, engine_of):
    engine = engine_of()
    SpectrumImages(tmp_path, n=5, archive=tmp_path / "spectra.npz").attach(engine)
    data = batches(4, 4)
    engine.run(data)
    with np.load(tmp_path / "spectra.npz") as file:
        for name, key in (
            ("data", Keys.IMAGE),
            ("reconstructions", Keys.RECONSTRUCTION),
            ("samples", Keys.SAMPLES),
        ):
            images = torch.cat([batch[key] for batch in data])[:5]
            np.testing.assert_allclose(file[name], log_spectrum(images).numpy(), rtol=1e-4)
            assert file[name].dtype == np.float32


def test_no_image_is_refused(tmp_path):
    with pytest.raises(ValueError, match="`n` must be an integer of at least 1, got -1"):
        SpectrumImages(tmp_path, n=-1)


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
