"""Batches of random patches, each a pure function of (seed, epoch, index)."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import Dataset

from monai_blurvae.checks import check_in, check_sizes
from monai_blurvae.data.augmentation import Augmentation
from monai_blurvae.data.intensity import dequantize
from monai_blurvae.data.loader import check_batches
from monai_blurvae.data.volumes.volume_cache import Volume, VolumeCache
from monai_blurvae.keys import Keys

Positions = npt.NDArray[np.int64]
"""Corners (slice, row, column) of patches, in voxels: the last axis has length 3."""
TRIES = 4
"""Corners drawn at a time for a patch: nearly always one of them has enough brain."""


class PatchDataset(Dataset[dict[str, Tensor]]):
    """Random patches with a minimal share of brain, a whole batch at a time.

    All volumes are equally likely, at any size. Within a volume, all patches with enough brain are equally
    likely. Corners are drawn in the box around a volume's eligible corners until the patch has enough brain.

    Args:
        data: decoded volumes (slices, rows, columns), such as a `VolumeCache`.
        batch_size: patches in a batch.
        patch_size: (rows, columns) for slices of a volume, (slices, rows, columns) for 3D patches; in voxels.
        min_brain: smallest share of non-zero voxels in a patch, in [0, 1].
        seed: chooses the patches.
        augmentation: applied to each batch; None for none.

    Raises:
        ValueError: If an argument is out of range, or a volume has no patch with enough brain.
    """

    def __init__(
        self,
        data: Sequence[Volume] | VolumeCache,
        batch_size: int = 32,
        patch_size: Sequence[int] = (64, 64),
        min_brain: float = 0.5,
        seed: int = 0,
        augmentation: Augmentation | None = None,
    ) -> None:
        if len(data) == 0:
            raise ValueError("`data` must hold at least one volume, got none")
        check_batches(batch_size, seed)
        check_sizes(axes=(2, 3), patch_size=patch_size)
        check_in("[0, 1]", min_brain=min_brain)
        self.data = list(data)
        self.batch_size = batch_size
        self.patch_size = tuple(patch_size)
        self.seed = seed
        self.augmentation = augmentation
        self._size = (1,) * (3 - len(self.patch_size)) + self.patch_size
        self._least = math.ceil(min_brain * math.prod(self.patch_size))
        boxes = [eligible_box(volume, self._size, self._least) for volume in self.data]
        if None in boxes:
            index = boxes.index(None)
            name = data.paths[index] if isinstance(data, VolumeCache) else f"`data[{index}]`"
            raise ValueError(
                f"`patch_size` and `min_brain` must leave a patch in every volume, got {self.patch_size} and"
                f" {min_brain} for {name} of shape {self.data[index].shape}"
            )
        self._low = np.stack([box[0] for box in boxes if box is not None])
        self._lengths = np.stack([box[1] for box in boxes if box is not None])

    def __getitem__(self, key: tuple[int, int]) -> dict[str, Tensor]:
        """Make one batch.

        Args:
            key: the epoch, and the batch's index in it over all ranks.

        Returns:
            `image`: x in [-1, 1], float32 (B, 1, *patch_size).
        """
        rng = np.random.default_rng((self.seed, *key))
        image = dequantize(torch.from_numpy(self._draw(rng))).view(self.batch_size, 1, *self.patch_size)
        if self.augmentation is not None:
            image = self.augmentation(image, rng.integers(2**62, size=self.batch_size).tolist())
        return {Keys.IMAGE.value: image}

    def _draw(self, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
        chosen = rng.integers(len(self.data), size=self.batch_size)
        depth, height, width = self._size
        patches = np.empty((self.batch_size, *self._size), dtype=np.uint8)
        pending = list(range(self.batch_size))
        while pending:
            low, lengths = self._low[chosen[pending], None], self._lengths[chosen[pending], None]
            corners = low + (rng.random((len(pending), TRIES, 3)) * lengths).astype(np.int64)
            drawn, pending = zip(pending, corners.tolist(), strict=True), []
            for index, tries in drawn:
                patch, volume = patches[index], self.data[chosen[index]]
                for s, r, c in tries:
                    patch[...] = volume[s : s + depth, r : r + height, c : c + width]
                    if np.count_nonzero(patch) >= self._least:
                        break
                else:
                    pending.append(index)
        return patches


def brain_counts(volume: Volume, size: Sequence[int]) -> npt.NDArray[np.int32]:
    """Count the brain voxels of the patches of a size (slices, rows, columns), for every corner that fits."""
    counts: npt.NDArray[np.int32] = (volume != 0).astype(np.int32)
    for axis, length in enumerate(size):
        if length > 1:
            np.cumsum(counts, axis=axis, out=counts)
            ends = np.moveaxis(counts, axis, 0)[length - 1 :].copy()
            ends[1:] -= np.moveaxis(counts, axis, 0)[:-length]
            counts = np.moveaxis(ends, 0, axis)
    return counts


def eligible_box(volume: Volume, size: Sequence[int], least: int) -> tuple[Positions, Positions] | None:
    """Find lowest corner and lengths of the smallest box of corners of patches with enough brain, or None."""
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
