import math
from itertools import product

import numpy as np
import pytest
import torch

from monai_blurvae.functional import fourier_ring_correlation, radial_power, ring_frequencies

SIZES = [((8,), 4), ((9,), 4), ((8, 7), 3), ((6, 6), 3), ((12, 10), 4), ((4, 5, 6), 2)]


def rings_by_hand(size, bins):
    """Assign every frequency of the full spectrum to its ring; -1 above Nyquist."""
    ring = np.full(size, -1)
    for index in product(*(range(n) for n in size)):
        radius = math.hypot(*(min(i, n - i) / n for i, n in zip(index, size, strict=True)))
        if radius <= 0.5 + 1e-9:
            ring[index] = min(int(radius * 2 * bins + 1e-9), bins - 1)
    return ring


@pytest.mark.parametrize(("size", "bins"), SIZES)
def test_radial_power_agrees_with_a_loop_over_the_full_spectrum(size, bins):
    image = torch.rand(2, 3, *size, dtype=torch.float64)
    axes = tuple(range(2, image.ndim))
    power = np.abs(np.fft.fftn(image.numpy(), axes=axes)) ** 2 / math.prod(size)
    ring = rings_by_hand(size, bins)
    wanted = np.stack([power[:, :, ring == i].mean(axis=(1, 2)) for i in range(bins)], axis=1)
    np.testing.assert_allclose(radial_power(image, bins).numpy(), wanted)


@pytest.mark.parametrize(("size", "bins"), SIZES)
def test_ring_correlation_agrees_with_a_loop_over_the_full_spectrum(size, bins):
    a, b = torch.rand(2, 2, 3, *size, dtype=torch.float64)
    axes = tuple(range(2, a.ndim))
    A, B = (np.fft.fftn(image.numpy(), axes=axes) for image in (a, b))
    ring = rings_by_hand(size, bins)
    for i in range(bins):
        in_a, in_b = A[:, :, ring == i], B[:, :, ring == i]
        norms = (np.abs(in_a) ** 2).sum(axis=(1, 2)) * (np.abs(in_b) ** 2).sum(axis=(1, 2))
        wanted = (in_a * in_b.conj()).sum(axis=(1, 2)).real / np.sqrt(norms)
        np.testing.assert_allclose(fourier_ring_correlation(a, b, bins)[:, i].numpy(), wanted)


def test_white_noise_has_its_variance_in_every_ring():
    noise = 3 * torch.randn(64, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    mean = radial_power(noise, 8).mean(dim=0)
    torch.testing.assert_close(
        mean, torch.full((8,), 9.0), rtol=0.15, atol=0
    )  # the first ring has 13 frequencies


def test_an_image_agrees_with_itself_and_not_with_independent_noise():
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(16, 1, 32, 32, generator=generator) for _ in range(2))
    torch.testing.assert_close(fourier_ring_correlation(a, a, 8), torch.ones(16, 8))
    assert fourier_ring_correlation(a, b, 8).mean(dim=0)[1:].abs().max() < 0.1


def test_a_ring_without_power_correlates_with_nothing():
    flat = torch.ones(1, 1, 8, 8)
    correlation = fourier_ring_correlation(flat, flat, 4)
    torch.testing.assert_close(correlation, torch.tensor([[1.0, 0, 0, 0]]))


def test_ring_frequencies_are_the_middles_of_the_rings():
    torch.testing.assert_close(ring_frequencies(4), torch.tensor([1.0, 3, 5, 7]) / 16)


@pytest.mark.parametrize("bins", [0, 5])
def test_rings_that_could_be_empty_are_refused(bins):
    image = torch.rand(1, 1, 8, 16)
    with pytest.raises(ValueError, match=r"`bins` must be (an integer of at least 1|between 1 and 4)"):
        radial_power(image, bins)
    with pytest.raises(ValueError, match=r"`bins` must be (an integer of at least 1|between 1 and 4)"):
        fourier_ring_correlation(image, image, bins)


@pytest.mark.parametrize("bins", [0, -1])
def test_no_rings_have_no_frequencies(bins):
    with pytest.raises(ValueError, match=f"`bins` must be an integer of at least 1, got {bins}"):
        ring_frequencies(bins)
