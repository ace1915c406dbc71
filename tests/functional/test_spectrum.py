import math
from itertools import product

import pytest
import torch

from monai_blurvae.functional import (
    circular_blur,
    frequency_radius,
    gaussian_kernel,
    high_frequency_power,
    log_spectrum,
    taper,
)


def wave(size, cycles):
    """Make a cosine of unit amplitude with whole cycles along every axis."""
    axes = torch.meshgrid(*(torch.arange(n, dtype=torch.float64) for n in size), indexing="ij")
    phase = sum(2 * math.pi * c * a / n for c, a, n in zip(cycles, axes, size, strict=True))
    return torch.cos(phase)[None, None]


@pytest.mark.parametrize("size", [(7,), (6, 8), (5, 4, 6)])
def test_radii_are_the_distances_of_the_wrapped_frequencies(size):
    radius = frequency_radius(size)
    for index in product(*(range(n) for n in radius.shape)):
        wrapped = [min(i, n - i) / n for i, n in zip(index, size, strict=True)]
        assert math.isclose(radius[index], math.hypot(*wrapped), rel_tol=1e-6, abs_tol=1e-7)


@pytest.mark.parametrize(("cycles", "share"), [((0, 1), 0.0), ((2, 2), 1.0), ((0, 2), 0.0), ((3, 0), 1.0)])
def test_a_wave_is_high_where_its_frequency_is_above_the_cutoff(cycles, share):
    # 8 pixels: 2 cycles are 0.25 a pixel, not above the cutoff; (2, 2) lies at 0.35
    image = wave((8, 8), cycles)
    torch.testing.assert_close(high_frequency_power(image), share * image.square().sum()[None])


def test_without_a_cutoff_all_power_but_the_means_is_counted():
    image = torch.rand(2, 2, 5, 6, dtype=torch.float64)
    centred = image - image.mean(dim=(2, 3), keepdim=True)
    torch.testing.assert_close(high_frequency_power(image, cutoff=0.0), centred.square().sum(dim=(1, 2, 3)))


def test_blur_lowers_the_high_frequency_power():
    image = torch.rand(3, 1, 16, 16)
    blurred = circular_blur(image, gaussian_kernel(2.0, (11, 11)).expand(3, 11, 11))
    assert (high_frequency_power(blurred) < 0.1 * high_frequency_power(image)).all()


def test_the_log_spectrum_of_an_impulse_is_flat_at_its_logarithm():
    image = torch.zeros(2, 1, 6, 5)
    image[..., 2, 3] = math.e
    torch.testing.assert_close(log_spectrum(image), torch.ones(6, 5))


def test_the_log_spectrum_has_zero_frequency_in_its_centre_and_a_wave_beside_it():
    spectrum = log_spectrum(wave((8, 8), (0, 2)) + 3)
    assert spectrum.flatten().topk(3).indices.tolist()[0] == 4 * 8 + 4
    torch.testing.assert_close(spectrum[4, 4], torch.tensor(64 * 3.0).log().double())
    torch.testing.assert_close(spectrum[4, [2, 6]], torch.tensor([32.0, 32.0]).log().double())


def test_the_log_spectrum_is_a_mean_over_images_and_channels():
    image = torch.rand(2, 3, 4, 4)
    single = torch.stack([log_spectrum(image[i : i + 1, j : j + 1]) for i in range(2) for j in range(3)])
    torch.testing.assert_close(log_spectrum(image), single.mean(dim=0))


def test_a_constant_image_has_a_finite_log_spectrum():
    assert log_spectrum(torch.ones(1, 1, 4, 4)).isfinite().all()


def test_bfloat16_is_computed_in_float32():
    image = torch.rand(2, 1, 8, 8).bfloat16()
    assert torch.equal(log_spectrum(image), log_spectrum(image.float()))
    assert torch.equal(high_frequency_power(image), high_frequency_power(image.float()))


@pytest.mark.parametrize("size", [(8, 12), (6, 8, 10)])
def test_a_tapered_constant_has_power_within_one_frequency_of_zero(size):
    """A periodic Hann window is 1/2 - cos/2: frequencies -1, 0 and 1 alone."""
    power = torch.fft.fftn(
        taper(torch.ones(1, 1, *size, dtype=torch.float64)), dim=tuple(range(2, 2 + len(size)))
    )
    far = (
        torch.stack(torch.meshgrid(*(torch.fft.fftfreq(n, 1 / n) for n in size), indexing="ij")).abs().amax(0)
        > 1
    )
    assert power[0, 0][far].abs().max() < 1e-12
