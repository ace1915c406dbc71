"""Sampling masks of k-space: random lines and points, acceleration, and samples held back."""

import torch
from jaxtyping import Bool
from torch import Tensor

from monai_blurvae.checks import check_at_least, check_in, check_integer
from monai_blurvae.extras import from_extra
from monai_blurvae.mri.centred_fourier import centre as middle
from monai_blurvae.mri.encoding import checked_mask

Mask = Bool[Tensor, "H W"]
"""True where a frequency is sampled; zero frequency at (H // 2, W // 2)."""

LEAST_LINES = 3
"""Fewer lines than this say little of the others."""


def uniform_lines(size: tuple[int, int], acceleration: float, centre_lines: int = 16, seed: int = 0) -> Mask:
    """Sample the central lines and random further lines, all equally likely: W / R lines in total, rounded.

    Args:
        size: (H, W) in pixels; a line is a column, all of H is read out.
        acceleration: R, number of lines per sampled line, at least 1.
        centre_lines: fully sampled lines about zero frequency.
        seed: seed of the drawing.

    Returns:
        The mask, (H, W).

    Raises:
        ValueError: If the acceleration is below 1 or leaves fewer lines than the centre has.
    """
    return _lines(size, acceleration, centre_lines, seed, power=0.0)


def variable_density_lines(
    size: tuple[int, int], acceleration: float, centre_lines: int = 16, seed: int = 0, power: float = 2.0
) -> Mask:
    """Sample the central lines and random further lines, more near zero frequency: W / R lines in total.

    A line at distance |k| from the centre is drawn with a weight of (1 - |k| / (W / 2 + 1))^power.

    Args:
        size: (H, W) in pixels.
        acceleration: R, as for `uniform_lines`.
        centre_lines: as for `uniform_lines`.
        seed: seed of the drawing.
        power: how steeply the density falls, not negative; 0 is uniform.

    Returns:
        The mask, (H, W).

    Raises:
        ValueError: If the power is negative.

    References:
        Lustig, Donoho, Pauly, Sparse MRI: the application of compressed sensing for rapid MR imaging,
        Magnetic Resonance in Medicine 58, 2007.
    """
    check_at_least(0, power=power)
    return _lines(size, acceleration, centre_lines, seed, power)


def poisson_disc(size: tuple[int, int], acceleration: float, centre: int = 16, seed: int = 0) -> Mask:
    """Sample both phase-encoding axes at points that keep a distance, which grows away from the centre.

    sigpy draws the points. Needs the extra `mri`.

    Args:
        size: (H, W) in pixels, both phase-encoding axes.
        acceleration: R, above 1.
        centre: edge of the fully sampled square about zero frequency, in samples.
        seed: seed of the drawing.

    Returns:
        The mask, (H, W).

    Raises:
        ValueError: If the acceleration is not above 1, or cannot be met on this size with this centre.

    References:
        Bridson, Fast Poisson disk sampling in arbitrary dimensions, SIGGRAPH sketches, 2007.
    """
    if not acceleration > 1:
        raise ValueError(f"`acceleration` must be above 1, got {acceleration}")
    if not 0 <= centre < min(size):
        raise ValueError(f"`centre` must be from 0 to below the smaller of `size`, {size}, got {centre}")
    try:
        poisson = from_extra("sigpy.mri").poisson
        mask = poisson(size, acceleration, calib=(centre, centre), dtype=bool, seed=seed)
    except ValueError as error:
        raise ValueError(
            f"`acceleration` must be one that {size} samples with a `centre` of {centre} can meet to within "
            f"0.1, got {acceleration}"
        ) from error
    return torch.from_numpy(mask)


def acceleration(mask: Tensor) -> float:
    """Compute the acceleration that a mask of 0 and 1 achieves: number of frequencies per sampled one."""
    sampled = int((mask != 0).sum())
    if sampled == 0:
        raise ValueError(f"`mask` must sample something, got all zero, shape {tuple(mask.shape)}")
    return mask.numel() / sampled


def sampled_mask(y: Tensor) -> Bool[Tensor, "B 1 H W"]:
    """Find which frequencies of k-space, (B, coils, H, W), were measured: where any coil is not zero."""
    if y.ndim != 4:
        raise ValueError(f"`y` must be (B, coils, H, W), got shape {tuple(y.shape)}")
    return (y != 0).any(dim=1, keepdim=True)


def calibration_width(mask: Tensor, most: int = 24) -> int:
    """Find the edge of the largest fully sampled square about zero frequency; 0 where that is missing.

    Args:
        mask: which frequencies are sampled, (..., H, W), of 0 and 1; in a batch, those that all sample.
        most: the largest edge of interest, in samples.

    Returns:
        The edge, in samples.
    """
    sampled = (mask != 0).flatten(0, -3).all(dim=0) if mask.ndim > 2 else mask != 0
    height, width = sampled.shape
    for edge in range(min(most, height, width), 0, -1):
        if bool(sampled[middle(height, edge), middle(width, edge)].all()):
            return edge
    return 0


def hold_back(mask: Tensor, share: float = 0.1, centre: int = 24, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Divide the samples into those that a reconstruction sees and a random share that it does not.

    The share judges the reconstruction where there is no reference (`held_back_residual`), so it has to be
    like the samples that are missing. Of a mask that consists of lines, whole lines are held back, at least
    `LEAST_LINES` where there are twice as many: a point within a measured line is far easier to predict, and
    so is a line beside a measured one. A line is drawn with a weight of its squared distance from the next.

    Args:
        mask: the samples, (H, W) or (B, 1, H, W), of 0 and 1 or bool.
        share: share of the samples outside of the centre to hold back, above 0 and below 1.
        centre: edge of the square about zero frequency that is never held back, in samples; of lines, the
            number of those in the middle.
        seed: seed of the drawing.

    Returns:
        Masks of the samples that are seen and that are held back, bool (B, 1, H, W).

    Raises:
        ValueError: If the share is out of range or nothing is held back.
    """
    check_in("(0, 1)", share=share)
    sampled = checked_mask(mask).cpu()
    height, width = sampled.shape[-2:]
    generator = torch.Generator().manual_seed(seed)
    axis = _line_axis(sampled)
    if axis is None:
        candidates = sampled.clone()
        candidates[..., middle(height, centre), middle(width, centre)] = False
        held = torch.stack([_points_held_back(one, share, generator) for one in candidates])
    else:
        lines = sampled.transpose(-2, axis)[..., 0, :]
        kept = middle(lines.shape[-1], centre)
        held = torch.stack([_lines_held_back(one[0], share, kept, generator) for one in lines])
        held = held[:, None, None].transpose(-2, axis) & sampled
    if not bool(held.any()):
        raise ValueError(
            f"`mask` must have samples outside of the `centre` to hold back, got {int(held.sum())}"
        )
    return (sampled & ~held).to(mask.device), held.to(mask.device)


def _points_held_back(candidates: Tensor, share: float, generator: torch.Generator) -> Tensor:
    # by rank, not by a threshold: holding back from what was left finds others with the same seed
    numbers = candidates.flatten().nonzero()[:, 0]
    order = torch.rand(candidates.shape, generator=generator).flatten()[numbers].argsort()
    held = torch.zeros(candidates.numel(), dtype=torch.bool)
    held[numbers[order[: max(round(share * len(numbers)), 1)]]] = True
    return held.view(candidates.shape)


def _lines_held_back(lines: Tensor, share: float, kept: slice, generator: torch.Generator) -> Tensor:
    # one after the other, (W,): what is taken makes its neighbours more like missing lines, too
    candidates = lines.clone()
    candidates[kept] = False
    outside = int(candidates.sum())
    held = torch.zeros_like(lines)
    for _ in range(max(round(share * outside), min(LEAST_LINES, outside // 2), min(1, outside))):
        others = (lines & ~held).nonzero()[:, 0]
        numbers = (candidates & ~held).nonzero()[:, 0]
        distances = (numbers[:, None] - others).abs()
        nearest = distances.masked_fill(distances == 0, len(lines)).amin(dim=1)
        held[numbers[torch.multinomial(nearest.double().square(), 1, generator=generator)]] = True
    return held


def _line_axis(sampled: Tensor) -> int | None:
    # the axis along which all samples of a line are measured, or none of them; None: points, or everything
    if bool(sampled.all()):
        return None
    return next((axis for axis in (-2, -1) if bool((sampled == sampled.narrow(axis, 0, 1)).all())), None)


def _lines(size: tuple[int, int], factor: float, centre_lines: int, seed: int, power: float) -> Mask:
    height, width = size
    if height < 1 or width < 1:
        raise ValueError(f"`size` must be positive, got {size}")
    check_integer(0, centre_lines=centre_lines)
    if not 1 <= factor <= width:
        raise ValueError(f"`acceleration` must be from 1 to the number of lines, {width}, got {factor}")
    lines = round(width / factor)
    if not 0 <= centre_lines <= lines:
        raise ValueError(
            f"`centre_lines` must be at most W / `acceleration` = {lines} (of {width}), got {centre_lines}"
        )
    sampled = torch.zeros(width, dtype=torch.bool)
    sampled[middle(width, centre_lines)] = True
    if lines > centre_lines:
        distance = (torch.arange(width, dtype=torch.float64) - width // 2).abs()
        density = (1 - distance / (width / 2 + 1)) ** power
        density[sampled] = 0
        generator = torch.Generator().manual_seed(seed)
        sampled[torch.multinomial(density, lines - centre_lines, generator=generator)] = True
    return sampled.expand(height, width).clone()
