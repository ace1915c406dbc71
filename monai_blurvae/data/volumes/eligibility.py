"""Where in a volume patches with enough brain begin."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from monai_blurvae.data.volumes.volume_cache import Volume

Positions = npt.NDArray[np.int64]
"""Corners (slice, row, column) of patches, in voxels: the last axis has length 3."""


def brain_counts(volume: Volume, size: Sequence[int]) -> npt.NDArray[np.int32]:
    """Count the brain voxels of every patch of a volume, by cumulative sums.

    Args:
        volume: Decoded volume (slices, rows, columns).
        size: Patch size (slices, rows, columns), in voxels.

    Returns:
        Counts, one for every corner at which a whole patch fits.

    Example:
        >>> brain_counts(np.array([[[0, 7, 7, 0]]], dtype=np.uint8), (1, 1, 2)).tolist()
        [[[1, 2, 1]]]
    """
    counts: npt.NDArray[np.int32] = (volume != 0).astype(np.int32)
    for axis, length in enumerate(size):
        if length > 1:
            np.cumsum(counts, axis=axis, out=counts)
            ends = np.moveaxis(counts, axis, 0)[length - 1 :].copy()
            ends[1:] -= np.moveaxis(counts, axis, 0)[:-length]
            counts = np.moveaxis(ends, 0, axis)
    return counts


def eligible_box(volume: Volume, size: Sequence[int], least: int) -> tuple[Positions, Positions] | None:
    """Find the smallest box of corners that holds every patch with at least so many brain voxels.

    Args:
        volume: Decoded volume (slices, rows, columns).
        size: Patch size (slices, rows, columns), in voxels.
        least: Fewest brain voxels in a patch.

    Returns:
        The box's lowest corner and its lengths, (3,) each; None where no patch has enough brain.
    """
    if any(length > whole for length, whole in zip(size, volume.shape, strict=True)):
        return None
    eligible = brain_counts(volume, size) >= least
    if not eligible.any():
        return None
    low, lengths = [], []
    for axis in range(3):
        where = np.flatnonzero(eligible.any(axis=tuple(other for other in range(3) if other != axis)))
        low.append(where[0])
        lengths.append(where[-1] + 1 - where[0])
    return np.array(low, dtype=np.int64), np.array(lengths, dtype=np.int64)
