"""Covariances that are diagonal in Fourier space: the power of errors by frequency, and log det = 0."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from monai_blurvae.checks import check_integer
from monai_blurvae.functional.fourier import Weights, full_spectrum_sum
from monai_blurvae.functional.spectrum import frequency_radius

SMALLEST_WEIGHT = 1e-12
"""Least divisor at a knot. A small image may have no frequency near it; the power there is then 0."""

Basis = Float[Tensor, "knots *half"]
"""Hat functions of the distance to zero frequency, on the half spectrum."""


def radial_basis(size: Sequence[int], knots: int, device: torch.device | None = None) -> Basis:
    """Give the hat functions that interpolate linearly between frequencies of equal distance.

    The knots are equally spaced from zero frequency to the spectrum's corner. At every frequency the
    functions sum to one.

    Args:
        size: spatial size of the image in pixels.
        knots: number of knots, at least 2.
        device: device of the result.

    Returns:
        Hat functions on the half spectrum, (knots, *half), zero frequency first.

    Raises:
        ValueError: If there are fewer than two knots.

    Example:
        >>> radial_basis((4,), knots=2)  # frequencies 0, 1/4, 1/2
        tensor([[1.0000, 0.5000, 0.0000],
                [0.0000, 0.5000, 1.0000]])
    """
    check_integer(2, knots=knots)
    radius = frequency_radius(size, device)
    position = radius / radius.max() * (knots - 1)
    index = torch.arange(knots, device=device).view(-1, *(1,) * len(size))
    return (1 - (position - index).abs()).clamp_min(0)


def mean_power(power: Weights, basis: Basis, size: Sequence[int]) -> Float[Tensor, "knots"]:  # noqa: F821
    """Average the power of errors around every knot.

    Args:
        power: abs(F(x - x_hat))^2, a channel's mean, (B, *half).
        basis: hat functions, (knots, *half).
        size: spatial size of the image in pixels, N = prod(size).

    Returns:
        Mean power / N under each hat and over images, (knots,); v for white noise of variance v.

    Example:
        >>> mean_power(torch.full((1, 3), 8.0), radial_basis((4,), knots=2), (4,))
        tensor([2., 2.])
    """
    weighted = full_spectrum_sum(power.mean(dim=0) * basis, size)
    under = full_spectrum_sum(basis, size).clamp_min(SMALLEST_WEIGHT)
    return weighted / under / math.prod(size)


def log_eigenvalues(
    log_power: Float[Tensor, "knots"],  # noqa: F821
    basis: Basis,
    size: Sequence[int],
    tempering: float = 1.0,
    max_ratio: float = math.inf,
) -> Float[Tensor, "*half"]:
    """Turn powers at the knots into the eigenvalues of a covariance of determinant one.

    log S = t log P, interpolated between the knots, less its mean over the spectrum, so that
    log det Sigma = sum over frequencies of log S = 0. The bound keeps it within log(R) / 2 of that mean.

    Args:
        log_power: log P at the knots, (knots,).
        basis: hat functions, (knots, *half).
        size: spatial size of the image in pixels.
        tempering: t, from 0 (identity) to 1 (the errors are whitened).
        max_ratio: R, largest eigenvalue over smallest, at least 1, before the mean is subtracted again.

    Returns:
        log S, (*half), of mean 0 over the full spectrum.

    Example:
        >>> basis = radial_basis((4,), knots=2)
        >>> log_eigenvalues(torch.tensor([4.0, 0.0]), basis, (4,), tempering=0.5)  # 2, 1, 0 less their mean
        tensor([ 1.,  0., -1.])
    """
    log_S = (tempering * log_power.view(-1, *(1,) * len(size)) * basis).sum(dim=0)
    log_S = _centred(log_S, size)
    if math.isfinite(max_ratio):
        bound = math.log(max_ratio) / 2
        log_S = _centred(log_S.clamp(-bound, bound), size)
    return log_S


def _centred(values: Float[Tensor, "*half"], size: Sequence[int]) -> Float[Tensor, "*half"]:
    """Subtract the mean over the full spectrum."""
    return values - full_spectrum_sum(values[None], size) / math.prod(size)
