"""Rings of equal frequency: an image's power in each, and the agreement of two images in each."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from monai_blurvae.checks import check_integer
from monai_blurvae.functional.fourier import Weights, half_spectrum, multiplicity, squared_modulus
from monai_blurvae.functional.spectrum import frequency_radius
from monai_blurvae.shapes import Image

NYQUIST = 0.5
"""Highest frequency of an axis, in cycles per pixel."""

SMALLEST_POWER = 1e-12
"""Powers are floored here before a division."""


def ring_frequencies(bins: int) -> Float[Tensor, "bins"]:  # noqa: F821
    """Give the middle frequency of every ring of `radial_power` and `fourier_ring_correlation`.

    Args:
        bins: number of rings of equal width between zero frequency and Nyquist.

    Returns:
        Frequencies in cycles per pixel, (bins,).

    Example:
        >>> ring_frequencies(2)
        tensor([0.1250, 0.3750])
    """
    check_integer(1, bins=bins)
    return (torch.arange(bins) + 0.5) * (NYQUIST / bins)


def radial_power(image: Image, bins: int) -> Float[Tensor, "B bins"]:
    """Average the power abs(F(x))^2 / N over rings of equal frequency.

    White noise of variance v has the power v in every ring. The corners, above Nyquist, are left out.

    Args:
        image: images x, (B, ch, *size).
        bins: number of rings between zero frequency and Nyquist, at most half the smallest image size.

    Returns:
        Mean power over channels and the frequencies of each ring, (B, bins).

    Raises:
        ValueError: If `bins` is not between 1 and half the smallest image size.

    Example:
        >>> impulse = torch.zeros(1, 1, 8, 8)
        >>> impulse[..., 0, 0] = 8  # an impulse has a flat spectrum
        >>> radial_power(impulse, bins=4)
        tensor([[1., 1., 1., 1.]])
    """
    size = image.shape[2:]
    power = squared_modulus(half_spectrum(image, len(size))).mean(dim=1) / size.numel()
    ring = _ring_index(size, bins, image.device)
    counts = _ring_sums(torch.ones_like(power[:1]), ring, size[-1], bins)
    return _ring_sums(power, ring, size[-1], bins) / counts


def fourier_ring_correlation(a: Image, b: Image, bins: int) -> Float[Tensor, "B bins"]:
    """Correlate two images ring by ring: Re sum A conj(B) / sqrt(sum abs(A)^2 sum abs(B)^2).

    It is 1 where the images agree up to a factor, and 0 where they are unrelated. Added noise raises the
    power but lowers the correlation.

    Args:
        a: images, (B, ch, *size).
        b: images to compare, of the same shape.
        bins: number of rings between zero frequency and Nyquist, at most half the smallest image size.

    Returns:
        Correlations in [-1, 1], (B, bins); 0 where a ring of either image has no power.

    Raises:
        ValueError: If `bins` is not between 1 and half the smallest image size.

    Example:
        >>> image = torch.rand(1, 1, 8, 8)
        >>> torch.allclose(fourier_ring_correlation(image, -3 * image, bins=4), -torch.ones(1, 4))
        True
    """
    size = a.shape[2:]
    A, B = half_spectrum(a, len(size)), half_spectrum(b, len(size))
    ring = _ring_index(size, bins, a.device)
    cross = _ring_sums((A * B.conj()).real.sum(dim=1), ring, size[-1], bins)
    power_a = _ring_sums(squared_modulus(A).sum(dim=1), ring, size[-1], bins)
    power_b = _ring_sums(squared_modulus(B).sum(dim=1), ring, size[-1], bins)
    return cross / (power_a * power_b).sqrt().clamp_min(SMALLEST_POWER)


def _ring_index(size: Sequence[int], bins: int, device: torch.device) -> Int[Tensor, "*half"]:
    """Number the ring of every frequency of the half spectrum; `bins` itself stands for above Nyquist."""
    check_integer(1, bins=bins)
    if bins > min(size) // 2:
        raise ValueError(f"`bins` must be between 1 and {min(size) // 2}, half the smallest size, got {bins}")
    radius = frequency_radius(size, device)
    rounding = 1e-5
    ring = (radius / NYQUIST * bins + rounding).long().clamp_max(bins - 1)
    return torch.where(radius > NYQUIST + rounding, bins, ring)


def _ring_sums(
    values: Weights, ring: Int[Tensor, "*half"], last_size: int, bins: int
) -> Float[Tensor, "B bins"]:
    """Sum over each ring of the full spectrum, from values on the half one."""
    weighted = (values * multiplicity(last_size, values)).flatten(1)
    sums = weighted.new_zeros(len(values), bins + 1).index_add_(1, ring.flatten(), weighted)
    return sums[:, :bins]
