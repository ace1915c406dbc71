"""Error bars of reconstructions, from samples that were held back."""

from typing import NamedTuple

import torch
from jaxtyping import Complex, Float, Int
from torch import Tensor

from monai_blurvae.checks import check_in, check_integer
from monai_blurvae.functional.fourier import squared_modulus
from monai_blurvae.mri.centred_fourier import image_to_kspace, kspace_to_image
from monai_blurvae.mri.encoding import CartesianEncoding

RINGS = 6
"""Rings of k-space with a size of error of their own, at most."""
LEAST_VALUES = 1000
"""A ring has at least so many values of held-back samples, all coils counted, in each of two halves."""


class RingCoverage(NamedTuple):
    """How often the intervals of a ring of k-space held."""

    frequency: float
    """Largest distance of its held-back samples from zero frequency, in cycles per pixel."""
    bound: float
    """The interval: |E x - y| is at most this, in the units of k-space."""
    values: int
    """Number of values it was tried on: samples times coils."""
    covered_percent: float
    """Share of them that lie in the interval."""


def ring_coverage(
    residual: Complex[Tensor, "coils H W"], held: Tensor, level: float = 0.9, seed: int = 0
) -> list[RingCoverage]:
    """Find intervals for samples ring by ring from half of those held back, and try them on the other half.

    A bound is the quantile of |E x - y| that split conformal prediction takes: intervals then hold for other
    samples of the same lines whatever the errors' distribution. They certify no structure of the image.

    Args:
        residual: E x - y of an image that was reconstructed without the held-back samples.
        held: mask of the samples that were held back, (H, W).
        level: the share that should lie in the intervals, in (0, 1).
        seed: seed of the halves.

    Returns:
        The rings from the innermost outwards, one or more, with about equally many samples each.

    Raises:
        ValueError: If the level is out of range or fewer than two samples were held back.

    References:
        Lei, G'Sell, Rinaldo, Tibshirani, Wasserman, Distribution-free predictive inference for regression,
        JASA 113, 2018.
    """
    check_in("(0, 1)", level=level)
    if int(held.sum()) < 2:
        raise ValueError(f"`held` must hold two samples or more, got {int(held.sum())}")
    rings, radii = held_back_rings(held, len(residual))
    generator = torch.Generator().manual_seed(seed)
    table = []
    for ring in range(int(rings.max()) + 1):
        chosen = held & (rings == ring)
        errors = residual.abs()[:, chosen]
        order = torch.randperm(errors.shape[1], generator=generator)
        fitted, tried = errors[:, order[::2]].flatten(), errors[:, order[1::2]].flatten()
        rank = min(int((len(fitted) + 1) * level) + 1, len(fitted))
        bound = fitted.kthvalue(rank).values
        covered = 100 * float((tried <= bound).double().mean())
        table.append(RingCoverage(float(radii[chosen].max()), float(bound), tried.numel(), round(covered, 2)))
    return table


def held_back_rings(held: Tensor, coils: int) -> tuple[Int[Tensor, "H W"], Float[Tensor, "H W"]]:
    """Divide k-space into rings with equally many held-back samples, `LEAST_VALUES` or more in each half.

    Args:
        held: mask of the samples, (H, W).
        coils: how many values a sample has.

    Returns:
        The ring of every sample, from 0, and its distance from zero frequency in cycles per pixel.
    """
    rows, columns = (
        torch.fft.fftshift(torch.fft.fftfreq(side, device=held.device)) for side in held.shape[-2:]
    )
    radii = torch.hypot(rows[:, None], columns)
    count = min(max(int(held.sum()) * coils // (2 * LEAST_VALUES), 1), RINGS)
    edges = radii[held].quantile(torch.arange(1, count, device=held.device) / count)
    return torch.bucketize(radii, edges), radii


class ErrorModel(NamedTuple):
    """The error of an image: white noise that is larger in some places, then filtered."""

    spectrum: Tensor
    """Expected modulus at every frequency, (B, 1, H, W), zero frequency in the middle."""
    place: Tensor
    """Standard deviation of the white noise, (B, 1, H, W), its mean square 1."""

    def std(self) -> Tensor:
        """Compute the standard deviation of the magnitude (half the error's power), (B, 1, H, W)."""
        kernel = squared_modulus(kspace_to_image(self.spectrum + 0j))
        spread = image_to_kspace(self.place.square() + 0j) * image_to_kspace(kernel + 0j)
        pixels = self.place.shape[-2] * self.place.shape[-1]
        power = kspace_to_image(spread).real.clamp_min(0) / pixels**0.5
        deviation: Tensor = (power / 2).sqrt()
        return deviation

    def draw(self, n: int, seed: int = 0) -> Tensor:
        """Draw errors, complex (n, B, 1, H, W)."""
        check_integer(1, n=n)
        generator = torch.Generator().manual_seed(seed)
        white = torch.randn(n, *self.place.shape, 2, generator=generator).to(self.place) / 2**0.5
        return kspace_to_image(self.spectrum * image_to_kspace(self.place * torch.view_as_complex(white)))


def error_model(
    residual: Complex[Tensor, "B coils H W"],
    seen: CartesianEncoding,
    unseen: CartesianEncoding,
    place: Tensor,
) -> ErrorModel:
    """Make the errors of an image as large as those that held-back samples show, ring by ring.

    What a sample that was measured leaves unexplained is noise and the coil maps' own error. An image is
    off by the noise where samples were measured, and where they were not by what held-back samples add to it.

    Args:
        residual: E x - y of an image that was reconstructed without the held-back samples.
        seen: E with the mask of the samples that were seen.
        unseen: E with the mask of those held back.
        place: how the errors are spread over the image, (B, 1, H, W), not negative, up to a factor.

    Returns:
        The errors of a reconstruction from all samples.
    """
    power, coils = squared_modulus(residual), residual.shape[1]
    masks = [
        encoding.mask.bool().expand(len(power), 1, *power.shape[-2:])[:, 0] for encoding in (seen, unseen)
    ]
    spectra = []
    for one, visible, held in zip(power, *masks, strict=True):
        rings, _ = held_back_rings(held, coils)
        spectrum = torch.zeros_like(one[0])
        for ring in range(int(rings.max()) + 1):
            here = rings == ring
            floor = one[:, here & visible].mean() if bool((here & visible).any()) else spectrum.new_zeros(())
            missing = (coils * (one[:, here & held].mean() - floor)).clamp_min(floor)
            spectrum = torch.where(here, torch.where(visible | held, floor, missing), spectrum)
        spectra.append(spectrum.sqrt()[None])
    mean_square = place.square().mean(dim=(-2, -1), keepdim=True)
    return ErrorModel(torch.stack(spectra), place / mean_square.sqrt())
