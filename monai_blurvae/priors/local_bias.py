"""The local mean of the residual, which shows systematic errors of a neighbourhood."""

import torch
from monai.networks.layers import GaussianFilter
from torch import Tensor

from monai_blurvae.shapes import Image


def local_bias(residual: Image, brain: Tensor, sigma: float) -> Image:
    """Average the residual under a Gaussian, only within the brain: abs(G * (r b)) / (G * b).

    Errors of texture go up and down, and cancel. The error of a missed lesion goes one way.

    Args:
        residual: r = x - x_hat, (B, 1, H, W); NaN where unknown.
        brain: true on the brain, bool (B, 1, H, W).
        sigma: the Gaussian's standard deviation in pixels, positive.

    Returns:
        The bias, not negative, NaN outside the brain and where the residual is unknown, (B, 1, H, W).

    Raises:
        ValueError: If `sigma` is not positive.

    Example:
        >>> one_way, brain = torch.ones(1, 1, 16, 16), torch.ones(1, 1, 16, 16, dtype=torch.bool)
        >>> both_ways = one_way * (-1) ** torch.arange(16)
        >>> [round(float(local_bias(r, brain, 2.0)[0, 0, 8, 8]), 2) for r in (one_way, both_ways)]
        [1.0, 0.0]
    """
    if not sigma > 0:
        raise ValueError(f"`sigma` must be positive, got {sigma}")
    known = brain & residual.isfinite()
    blur = GaussianFilter(2, sigma).to(residual)
    with torch.no_grad():
        bias: Tensor = (blur(residual.where(known, 0)) / blur(known.to(residual))).abs()
    return bias.where(known, torch.nan)
