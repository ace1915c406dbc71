"""Simulated coil maps: a ring of surface coils about the image, smooth and normalised."""

import math

import torch
from jaxtyping import Complex
from torch import Tensor


def simulated_coil_maps(
    coils: int, size: tuple[int, int], radius: float = 1.5
) -> Complex[Tensor, "1 coils H W"]:
    """Simulate the sensitivities of a ring of coils, normalised to a sum of squares of 1 at every pixel.

    Coil c stands at the angle 2 pi c / coils; it sees a pixel at distance r with 1 / r, and with the phase
    of the direction in which the pixel lies.

    Args:
        coils: number of coils, at least 1.
        size: (H, W) in pixels.
        radius: distance of the coils from the centre, in half edges of the image; above sqrt(2), so that
            every coil stands outside.

    Returns:
        Maps S, complex64 (1, coils, H, W).

    Raises:
        ValueError: If there is no coil, no pixel, or a coil inside the image.

    Example:
        >>> maps = simulated_coil_maps(8, (32, 24))
        >>> bool(torch.allclose(maps.abs().square().sum(dim=1), torch.ones(1)))
        True
    """
    height, width = size
    if coils < 1:
        raise ValueError(f"`coils` must be at least 1, got {coils}")
    if height < 1 or width < 1:
        raise ValueError(f"`size` must be positive, got {size}")
    if radius <= math.sqrt(2):
        raise ValueError(f"`radius` must be above sqrt(2), outside the image, got {radius}")
    angle = (2 * math.pi / coils * torch.arange(coils, dtype=torch.float64))[:, None, None]
    row = (torch.arange(height, dtype=torch.float64) / (height / 2) - 1)[None, :, None]
    column = (torch.arange(width, dtype=torch.float64) / (width / 2) - 1)[None, None, :]
    across, down = column - radius * angle.cos(), row - radius * angle.sin()
    maps = torch.polar(1 / torch.hypot(across, down), torch.atan2(across, -down) - angle)
    maps = maps / maps.abs().square().sum(dim=0).sqrt()
    return maps[None].to(torch.complex64)
