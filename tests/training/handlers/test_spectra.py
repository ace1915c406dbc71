import numpy as np
import pytest
import torch

from monai_blurvae.functional import log_spectrum, radial_power
from monai_blurvae.keys import Keys
from monai_blurvae.training.handlers import SpectrumImages, spectra


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
    for mean_spectra, power in drawn:
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
    with pytest.raises(ValueError, match="`n` must be at least 1, got -1"):
        SpectrumImages(tmp_path, n=-1)
