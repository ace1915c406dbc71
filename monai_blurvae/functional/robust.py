"""Barron's general robust loss and the density that belongs to it."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from monai_blurvae.functional.dtype import at_least_float32

STEP, NODES = 1 / 32, 129
"""Of the double-exponential quadrature: its last node, t = 2e18, leaves 1e-18 of a Cauchy's tail."""


def robust_error(t: Float[Tensor, "*axes"], alpha: Float[Tensor, ""]) -> Float[Tensor, "*axes"]:
    """Compute rho(t) = (2 - alpha) / alpha ((t^2 / (2 - alpha) + 1)^(alpha / 2) - 1) of residuals at scale 1.

    alpha = 2 is t^2 / 2, alpha = 1 sqrt(t^2 + 1) - 1 (Charbonnier), alpha -> 0 log(t^2 / 2 + 1) (Cauchy).
    Near t = 0 it is t^2 / 2 for every alpha. It is written with log1p and expm1, which keep both limits.

    Args:
        t: residuals over their scale, of any shape.
        alpha: shape, in [0, 2], a scalar.

    Returns:
        rho, of the shape of `t`.

    References:
        Barron, A General and Adaptive Robust Loss Function, CVPR 2019, equation 8.

    Example:
        >>> robust_error(torch.tensor([0.0, 0.75]), torch.tensor(1.0))  # sqrt(t^2 + 1) - 1
        tensor([0.0000, 0.2500])
    """
    t = at_least_float32(t)
    smallest = torch.finfo(t.dtype).eps
    a, b = alpha.clamp_min(smallest), (2 - alpha).clamp_min(smallest)
    return b / a * torch.expm1(a / 2 * torch.log1p(t.square() / b))


def log_partition(alpha: Float[Tensor, ""]) -> Float[Tensor, ""]:
    """Compute log Z(alpha), Z = integral of exp(-rho(t)) over all t, with its gradient in alpha.

    It uses the trapezoidal rule in u, with t = sinh(pi/2 sinh(u)). This rule converges exponentially, both
    for the Gaussian's tails and for the Cauchy's. It computes in float64 for any type of `alpha`.

    Args:
        alpha: shape, in [0, 2], a scalar.

    Returns:
        log Z, a scalar: log sqrt(2 pi) at alpha = 2, log(pi sqrt(2)) at 0.

    References:
        Takahasi, Mori, Double Exponential Formulas for Numerical Integration, 1974.

    Example:
        >>> log_partition(torch.tensor(2.0)), math.log(2 * math.pi) / 2
        (tensor(0.9189), 0.9189385332046727)
    """
    u = STEP * torch.arange(NODES, dtype=torch.float64, device=alpha.device)
    inner = math.pi / 2 * u.sinh()
    dt = STEP * math.pi * u.cosh() * inner.cosh()  # twice: both halves of the axis
    dt[0] /= 2
    return torch.logsumexp(dt.log() - robust_error(inner.sinh(), alpha.double()), dim=0).to(alpha.dtype)


def robust_negative_log_likelihood(
    residual: Float[Tensor, "*axes"], alpha: Float[Tensor, ""], scale: Float[Tensor, ""]
) -> Float[Tensor, "*axes"]:
    """Compute -log p of residuals: rho(r / c) + log c + log Z(alpha).

    Args:
        residual: r, of any shape.
        alpha: shape, in [0, 2], a scalar.
        scale: c, positive, a scalar.

    Returns:
        Nats, of the shape of `residual`.

    References:
        Barron, A General and Adaptive Robust Loss Function, CVPR 2019, equations 16 and 17.

    Example:
        >>> r, c = torch.tensor([0.3]), torch.tensor(0.5)  # at alpha = 2 the normal distribution
        >>> gaussian = -torch.distributions.Normal(0, c).log_prob(r)
        >>> torch.allclose(robust_negative_log_likelihood(r, torch.tensor(2.0), c), gaussian)
        True
    """
    return robust_error(at_least_float32(residual) / scale, alpha) + scale.log() + log_partition(alpha)
