"""The likelihood's scale s: its best value, and the likelihood of an error at that scale."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from monai_blurvae.checks import check_integer
from monai_blurvae.shapes import PerImage

SMALLEST_SCALE = 1e-6
"""The optimal scale stops here: a perfect reconstruction would make the likelihood infinite."""

HALF_WIDTH_IN_LEVELS = 127.5
"""256 grey levels over [-1, 1] stand 1 / 127.5 apart."""


def optimal_scale(mean_error: Float[Tensor, ""], dimensions: int, exponent: int) -> Float[Tensor, ""]:
    """Give the scale of least negative log-likelihood: s^p = mean(E) / D (Rybkin et al. 2021 for p = 2).

    At the optimum the derivative to s vanishes, so a gradient that flows through s equals one that does not.

    Args:
        mean_error: mean over images of the error E, a scalar.
        dimensions: number of values per image, D.
        exponent: p, 2 for a Gaussian (E a squared error), 1 for a Laplace distribution (E an absolute error).

    Returns:
        s, a scalar, at least 1e-6.

    Raises:
        ValueError: If `exponent` is neither 1 nor 2.

    References:
        Rybkin, Daniilidis, Levine, Simple and Effective VAE Training with Calibrated Decoders, ICML 2021.

    Example:
        >>> optimal_scale(torch.tensor(36.0), dimensions=4, exponent=2)
        tensor(3.)
    """
    check_exponent(exponent)
    if not isinstance(dimensions, Tensor):  # as a tracer's sizes are
        check_integer(1, dimensions=dimensions)
    return (mean_error / dimensions).clamp_min(SMALLEST_SCALE**exponent).pow(1 / exponent)


def negative_log_likelihood(
    error: PerImage,
    half_log_determinant: PerImage,
    dimensions: int,
    scale: float | Float[Tensor, ""],
    exponent: int,
) -> PerImage:
    """Turn an error into nats, for a likelihood of scale s.

    p = 2, Gaussian: D/2 log(2 pi) + h + D log s + E / (2 s^2).
    p = 1, Laplace: D log 2 + h + D log s + E / s.

    Args:
        error: E of each image, a squared (p = 2) or absolute (p = 1) error summed over its values, (B,).
        half_log_determinant: h = 1/2 log det Sigma at scale 1, (B,).
        dimensions: number of values per image, D.
        scale: s, positive.
        exponent: p, 2 for a Gaussian, 1 for a Laplace distribution.

    Returns:
        Negative log-likelihoods in nats, (B,).

    Raises:
        ValueError: If `exponent` is neither 1 nor 2, or a scale given as a number is not positive.

    Example:
        >>> zero = torch.zeros(1)
        >>> negative_log_likelihood(zero, zero, dimensions=3, scale=0.5, exponent=1)  # density 1 per value
        tensor([0.])
    """
    check_exponent(exponent)
    if not isinstance(scale, Tensor) and not 0 < scale < math.inf:
        raise ValueError(f"`scale` must be positive and finite, got {scale!r}")
    s = torch.as_tensor(scale, dtype=error.dtype, device=error.device)
    log_normaliser = math.log(2 * math.pi) / 2 if exponent == 2 else math.log(2)
    return dimensions * (log_normaliser + s.log()) + half_log_determinant + error / (exponent * s**exponent)


def bits_per_dimension(nats: PerImage, dimensions: int) -> PerImage:
    """Express nats per image in bits per value quantised to 256 levels over [-1, 1].

    bits = nats / (D log 2) + log2(127.5): a density over [-1, 1] becomes a probability of one of the levels.

    Args:
        nats: negative log-likelihood, or negative ELBO, of each image in nats, (B,).
        dimensions: number of values per image, D.

    Returns:
        Bits per dimension, (B,).

    Example:
        >>> uniform = torch.tensor([4 * math.log(2)])  # density 1/2 over [-1, 1], four values
        >>> bits_per_dimension(uniform, dimensions=4)  # 255 steps of 1 / 127.5: log2(255) bits
        tensor([7.9944])
    """
    check_integer(1, dimensions=dimensions)
    return nats / (dimensions * math.log(2)) + math.log2(HALF_WIDTH_IN_LEVELS)


def check_exponent(exponent: int) -> None:
    """Refuse distributions other than Gaussian and Laplace.

    Args:
        exponent: p.

    Raises:
        ValueError: If `exponent` is neither 1 nor 2.
    """
    if exponent not in {1, 2}:
        raise ValueError(f"`exponent` must be 1 (Laplace) or 2 (Gaussian), got {exponent}")
