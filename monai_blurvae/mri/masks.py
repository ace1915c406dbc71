"""Which lines of k-space are sampled: drawn at random, with a fully sampled centre."""

import torch
from jaxtyping import Bool
from torch import Tensor

Mask = Bool[Tensor, "H W"]
"""True where a frequency is sampled; zero frequency at (H // 2, W // 2)."""


def uniform_lines(size: tuple[int, int], acceleration: float, centre_lines: int = 16, seed: int = 0) -> Mask:
    """Sample the central lines and, all others being equally likely, as many as the acceleration leaves.

    W / R lines are sampled, rounded, the central ones among them.

    Args:
        size: (H, W) in pixels; a line is a column, all of H is read out.
        acceleration: R, how many lines there are for one that is sampled, at least 1.
        centre_lines: fully sampled lines about zero frequency.
        seed: seed of the drawing.

    Returns:
        The mask, (H, W).

    Raises:
        ValueError: If the acceleration is below 1 or leaves fewer lines than the centre has.

    Example:
        >>> mask = uniform_lines((8, 64), 4, centre_lines=6)
        >>> acceleration(mask)
        4.0
    """
    return _lines(size, acceleration, centre_lines, seed, power=0.0)


def variable_density_lines(
    size: tuple[int, int], acceleration: float, centre_lines: int = 16, seed: int = 0, power: float = 2.0
) -> Mask:
    """Sample the central lines, and others the likelier the nearer they are to zero frequency.

    A line at distance |k| from the centre is drawn with a weight of (1 - |k| / (W / 2 + 1))^power. W / R
    lines are sampled, rounded, the central ones among them.

    Args:
        size: (H, W) in pixels; a line is a column, all of H is read out.
        acceleration: R, how many lines there are for one that is sampled, at least 1.
        centre_lines: fully sampled lines about zero frequency.
        seed: seed of the drawing.
        power: how steeply the density falls; 0 is uniform.

    Returns:
        The mask, (H, W).

    Raises:
        ValueError: If the acceleration is below 1, leaves fewer lines than the centre has, or the power is
            negative.

    References:
        Lustig, Donoho, Pauly, Sparse MRI: the application of compressed sensing for rapid MR imaging,
        Magnetic Resonance in Medicine 58, 2007.

    Example:
        >>> mask = variable_density_lines((8, 64), 4, centre_lines=6)
        >>> bool(mask[:, 29:35].all())  # the centre
        True
    """
    if power < 0:
        raise ValueError(f"`power` must not be negative, got {power}")
    return _lines(size, acceleration, centre_lines, seed, power)


def acceleration(mask: Tensor) -> float:
    """Compute the achieved acceleration: frequencies for one that is sampled.

    Args:
        mask: of 0 and 1 or bool, any shape.

    Returns:
        R, at least 1.

    Raises:
        ValueError: If nothing is sampled.

    Example:
        >>> acceleration(torch.tensor([[True, False, False, True]]))
        2.0
    """
    sampled = int((mask != 0).sum())
    if sampled == 0:
        raise ValueError(f"`mask` must sample something, got all zero, shape {tuple(mask.shape)}")
    return mask.numel() / sampled


def sampled_mask(y: Tensor) -> Bool[Tensor, "B 1 H W"]:
    """Find which frequencies of stored k-space were measured: those where any coil is not zero.

    Args:
        y: complex k-space, (B, coils, H, W), zero where it is not sampled.

    Returns:
        The mask, (B, 1, H, W).

    Raises:
        ValueError: If y has another number of axes.

    Example:
        >>> sampled_mask(torch.tensor([1j, 0]).reshape(1, 1, 1, 2)).flatten()
        tensor([ True, False])
    """
    if y.ndim != 4:
        raise ValueError(f"`y` must be (B, coils, H, W), got shape {tuple(y.shape)}")
    return (y != 0).any(dim=1, keepdim=True)


def _lines(size: tuple[int, int], factor: float, centre_lines: int, seed: int, power: float) -> Mask:
    """Draw lines.

    Args:
        size: (H, W) in pixels.
        factor: the acceleration R.
        centre_lines: lines about zero frequency.
        seed: seed of the drawing.
        power: exponent of the density.

    Returns:
        The mask, (H, W).

    Raises:
        ValueError: If the acceleration or the centre is out of range.
    """
    height, width = size
    if height < 1 or width < 1:
        raise ValueError(f"`size` must be positive, got {size}")
    if not 1 <= factor <= width:
        raise ValueError(f"`acceleration` must be from 1 to the number of lines, {width}, got {factor}")
    lines = round(width / factor)
    if not 0 <= centre_lines <= lines:
        raise ValueError(
            f"`centre_lines` must be at most W / `acceleration` = {lines} (of {width}), got {centre_lines}"
        )
    sampled = torch.zeros(width, dtype=torch.bool)
    first = width // 2 - centre_lines // 2
    sampled[first : first + centre_lines] = True
    if lines > centre_lines:
        distance = (torch.arange(width, dtype=torch.float64) - width // 2).abs()
        density = (1 - distance / (width / 2 + 1)) ** power
        density[sampled] = 0
        generator = torch.Generator().manual_seed(seed)
        sampled[torch.multinomial(density, lines - centre_lines, generator=generator)] = True
    return sampled.expand(height, width).clone()
