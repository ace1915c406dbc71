"""A fixed choice of a few slices of a volume."""

from typing import NamedTuple

import numpy as np
import torch
from scipy.ndimage import binary_fill_holes
from torch import Tensor

from monai_blurvae.data import Volume, dequantize


class BrainSlices(NamedTuple):
    """Slices of one volume."""

    images: Tensor
    """x in [-1, 1], float32 (B, 1, H, W)."""
    brain: Tensor
    """True on the brain, its dark holes filled, bool (B, 1, H, W)."""
    indices: list[int]
    """Which slices of the volume these are."""


def fixed_slices(volume: Volume, n: int, least_area: float = 0.5) -> BrainSlices:
    """Take n slices at equal distances, between the first and the last with much brain.

    Args:
        volume: decoded volume (slices, rows, columns); 0 is background.
        n: number of slices, positive.
        least_area: brain that the first and the last must have, as a share of the largest slice's, in (0, 1].

    Returns:
        The slices, from the volume's first to its last.

    Raises:
        ValueError: If `n` or `least_area` is out of its range, or there are fewer than n slices between.

    Example:
        >>> volume = np.full((5, 8, 8), 255, dtype=np.uint8)
        >>> fixed_slices(volume, 3).indices
        [0, 2, 4]
    """
    if not 0 < least_area <= 1:
        raise ValueError(f"`least_area` must be in (0, 1], got {least_area}")
    areas = np.count_nonzero(volume, axis=(1, 2))
    large = np.flatnonzero(areas >= least_area * areas.max())
    first, last = int(large[0]), int(large[-1])
    if not 1 <= n <= last - first + 1:
        raise ValueError(f"`n` must lie between 1 and the {last - first + 1} slices with brain, got {n}")
    positions = np.linspace(first, last, n) if n > 1 else np.array([(first + last) / 2])
    indices = positions.round().astype(int).tolist()
    chosen = volume[indices]
    brain = np.stack([binary_fill_holes(slice_ != 0) for slice_ in chosen])
    return BrainSlices(
        dequantize(torch.from_numpy(chosen))[:, None], torch.from_numpy(brain)[:, None], indices
    )
