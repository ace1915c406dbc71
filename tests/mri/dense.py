"""Real-linear maps of complex images as matrices: of real parts, then of imaginary parts."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def flat(v: Tensor) -> Tensor:
    """Real parts, then imaginary parts, (B, 2 H W)."""
    return torch.cat([v.real.flatten(1), v.imag.flatten(1)], dim=1)


def unflat(values: Tensor, size: Sequence[int]) -> Tensor:
    """The way back: (B, 2 H W) to complex (B, 1, H, W)."""
    real, imaginary = values.chunk(2, dim=1)
    return torch.complex(real, imaginary).view(-1, 1, *size)


def matrix(apply: Callable[[Tensor], Tensor], size: Sequence[int]) -> Tensor:
    """The matrix of a map of one image, a column each unit image."""
    units = torch.eye(2 * size[0] * size[1], dtype=torch.float64)
    return torch.cat([flat(apply(unflat(unit[None], size))) for unit in units]).T
