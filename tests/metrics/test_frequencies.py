import math

import numpy as np
import pytest
import torch

from monai_blurvae.functional import circular_blur, gaussian_kernel
from monai_blurvae.keys import Keys
from monai_blurvae.metrics import (
    LogSpectrumDifference,
    MeanLogSpectrum,
    ResolvedFrequency,
    RingCorrelation,
    Sharpness,
)


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("key", [Keys.RECONSTRUCTION, Keys.SAMPLES])
def test_the_data_is_as_sharp_as_itself(output, measure, key):
    assert measure(Sharpness(key), {**output, key: output[Keys.IMAGE]}) == pytest.approx(1.0)


def test_the_more_blur_the_less_sharp(output, measure):
    image = output[Keys.IMAGE]

    def blurred(variance):
        return circular_blur(image, gaussian_kernel(variance, (11, 11)).expand(8, 11, 11))

    values = [measure(Sharpness(), {**output, Keys.RECONSTRUCTION: blurred(v)}) for v in (0.25, 1.0, 2.0)]
    assert 1 > values[0] > values[1] > values[2] > 0


def test_half_the_amplitude_has_a_quarter_of_the_power(output, measure):
    value = measure(Sharpness(), {**output, Keys.RECONSTRUCTION: output[Keys.IMAGE] / 2})
    assert value == pytest.approx(0.25)


def test_noise_raises_sharpness_but_lowers_ring_correlation(output, measure):
    noisy = {**output, Keys.RECONSTRUCTION: output[Keys.IMAGE] + 0.2 * noise(8, 1, 32, 32)}
    assert measure(Sharpness(), noisy) > 1
    assert measure(RingCorrelation(), noisy) < 0.9


def test_an_image_correlates_fully_with_itself_and_with_its_blur_by_a_positive_kernel(output, measure):
    image = output[Keys.IMAGE]
    assert measure(RingCorrelation(), {**output, Keys.RECONSTRUCTION: image}) == pytest.approx(1.0, abs=1e-5)
    # within a ring a mild Gaussian's transfer function is positive and nearly constant, and so falls out
    mild = circular_blur(image, gaussian_kernel(0.1, (5, 5)).expand(8, 5, 5))
    assert measure(RingCorrelation(), {**output, Keys.RECONSTRUCTION: mild}) > 0.98


def test_unrelated_white_noise_does_not_correlate(measure):
    # 64 images, 16 rings of some 200 frequencies each: the mean of as many unrelated products, far below 0.01
    pair = {Keys.IMAGE: noise(64, 1, 64, 64, seed=1), Keys.RECONSTRUCTION: noise(64, 1, 64, 64, seed=2)}
    assert abs(measure(RingCorrelation(), pair)) < 0.01


def test_volumes_are_measured_too(measure):
    volume = noise(2, 1, 16, 16, 16)
    pair = {Keys.IMAGE: volume, Keys.RECONSTRUCTION: volume / 2}
    assert measure(Sharpness(), pair) == pytest.approx(0.25)
    assert measure(RingCorrelation(), pair) == pytest.approx(1.0, abs=1e-5)


def test_the_jump_between_opposite_borders_is_no_detail(output, measure):
    """A ramp keeps the data's border-to-border jump and has no detail at all."""
    image = output[Keys.IMAGE]
    ramp = torch.linspace(-1, 1, image.shape[-1]).expand_as(image).contiguous()
    assert measure(Sharpness(), {**output, Keys.RECONSTRUCTION: ramp}) < 1e-3


def test_an_image_resolves_its_own_frequencies_up_to_nyquist(output, measure):
    assert measure(ResolvedFrequency(), {**output, Keys.RECONSTRUCTION: output[Keys.IMAGE]}) == 0.5


@pytest.mark.parametrize("cutoff", [0.125, 0.25, 0.375])
def test_frequencies_replaced_by_noise_are_not_resolved(measure, cutoff):
    """White noise kept below the cutoff and redrawn above it: correlation falls from 1 to 0 there."""
    image, other = noise(64, 1, 64, 64, seed=1), noise(64, 1, 64, 64, seed=2)
    low = (torch.fft.fftfreq(64)[:, None].square() + torch.fft.rfftfreq(64).square()).sqrt() < cutoff
    mixed = torch.fft.irfft2(torch.where(low, torch.fft.rfft2(image), torch.fft.rfft2(other)), s=(64, 64))
    value = measure(ResolvedFrequency(), {Keys.IMAGE: image, Keys.RECONSTRUCTION: mixed})
    assert value == pytest.approx(cutoff, abs=1 / 64)


def test_unrelated_images_resolve_nothing(measure):
    pair = {Keys.IMAGE: noise(64, 1, 64, 64, seed=1), Keys.RECONSTRUCTION: noise(64, 1, 64, 64, seed=2)}
    assert measure(ResolvedFrequency(), pair) == 0.0


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
