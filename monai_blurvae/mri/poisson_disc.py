"""Variable-density Poisson discs: two phase-encoding axes sampled at random, as sigpy draws them."""

import torch
from sigpy.mri.samp import poisson

from monai_blurvae.mri.masks import Mask


def poisson_disc(
    size: tuple[int, int],
    acceleration: float,
    centre: int = 16,
    seed: int = 0,
    tolerance: float = 0.1,
    crop_corner: bool = True,
) -> Mask:
    """Sample k-space at points that keep a distance from one another, growing away from the centre.

    Args:
        size: (H, W) in pixels, both phase-encoding axes.
        acceleration: R, above 1.
        centre: edge of the fully sampled square about zero frequency, in samples.
        seed: seed of the drawing.
        tolerance: how far the achieved acceleration may lie from R.
        crop_corner: leave out the corners of k-space, outside of its ellipse.

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
        mask = poisson(
            size,
            acceleration,
            calib=(centre, centre),
            dtype=bool,
            crop_corner=crop_corner,
            seed=seed,
            tol=tolerance,
        )
    except ValueError as error:
        raise ValueError(
            f"`acceleration` must be one that {size} samples with a `centre` of {centre} can meet to within "
            f"{tolerance}, got {acceleration}"
        ) from error
    return torch.from_numpy(mask)
