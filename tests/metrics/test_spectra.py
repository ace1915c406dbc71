import math

import numpy as np
import pytest
import torch

from monai_blurvae.keys import Keys
from monai_blurvae.metrics import LogSpectrumDifference, MeanLogSpectrum


@pytest.mark.parametrize("key", [Keys.IMAGE, Keys.RECONSTRUCTION, Keys.SAMPLES])
def test_the_mean_log_spectrum_is_numpys_of_every_image(output, measure, key):
    images = output[key][:, 0].double().numpy()
    expected = np.mean(
        [np.fft.fftshift(np.log(np.abs(np.fft.fft2(image)) + 1e-30)) for image in images], axis=0
    )
    value = measure(MeanLogSpectrum(key), {k: v.double() for k, v in output.items()})
    assert value.shape == (32, 32)
    np.testing.assert_allclose(value, expected, atol=1e-6)


def test_the_data_does_not_differ_from_itself(output, measure):
    assert measure(LogSpectrumDifference(), {**output, Keys.RECONSTRUCTION: output[Keys.IMAGE]}) == 0


def test_a_factor_of_the_image_is_its_logarithm_in_the_difference(output, measure):
    image = output[Keys.IMAGE].double()
    value = measure(LogSpectrumDifference(Keys.SAMPLES), {Keys.IMAGE: image, Keys.SAMPLES: image / 3})
    assert value == pytest.approx(-math.log(3), abs=1e-6)


def test_the_difference_is_the_mean_of_the_spectra_s(output, measure):
    spectra = [measure(MeanLogSpectrum(key), output) for key in (Keys.SAMPLES, Keys.IMAGE)]
    expected = torch.mean(spectra[0] - spectra[1]).item()
    assert measure(LogSpectrumDifference(Keys.SAMPLES), output) == pytest.approx(expected, rel=1e-4)
