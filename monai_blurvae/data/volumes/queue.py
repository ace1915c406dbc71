"""TorchIO's patch queue as another source of batches."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
import torchio as tio
from torch import Tensor
from torch.utils.data import DataLoader

from monai_blurvae.data.loader import EpochSampler
from monai_blurvae.data.volumes.preprocessing import Preprocessing, torchio_size
from monai_blurvae.data.volumes.reading import IMAGE, to_subject
from monai_blurvae.keys import Keys

MOST_TRIES = 10_000
"""After this many patches in a row without enough brain, a volume counts as having no such patch."""


class BrainSampler(tio.data.UniformSampler):  # type: ignore[misc]
    """TorchIO's uniform patch sampler, keeping the patches with enough brain.

    Args:
        patch_size: patch size in voxels, in TorchIO's order (rows, columns, slices).
        min_brain: smallest share of brain voxels (above -1) in a patch, in [0, 1].
        generator: chooses the patches.
    """

    def __init__(self, patch_size: Sequence[int], min_brain: float, generator: torch.Generator) -> None:
        super().__init__(tuple(patch_size))
        self._least = math.ceil(min_brain * math.prod(patch_size))
        self._generator = generator

    def _generate_patches(
        self, subject: tio.Subject, num_patches: int | None = None
    ) -> Iterator[tio.Subject]:
        volume = subject[IMAGE].data[0]
        sizes = [int(size) for size in self.patch_size]
        ranges = [whole - size + 1 for whole, size in zip(volume.shape, sizes, strict=True)]
        made = 0
        while num_patches is None or made < num_patches:
            for _ in range(MOST_TRIES):
                corner = [int(torch.randint(n, (1,), generator=self._generator)) for n in ranges]
                r, c, s = (slice(start, start + size) for start, size in zip(corner, sizes, strict=True))
                if int((volume[r, c, s] > -1).sum()) >= self._least:
                    break
            else:
                raise ValueError(
                    f"`min_brain` must leave a patch in every volume, got none in {MOST_TRIES} tries"
                    f" for {subject[IMAGE].path}"
                )
            made += 1
            yield self.extract_patch(subject, corner)


def make_subjects_dataset(
    paths: Sequence[str | Path], preprocessing: Preprocessing | None = None
) -> tio.SubjectsDataset:
    """Make a TorchIO data set of volumes, one `image` each, that reads and preprocesses them when needed."""
    return tio.SubjectsDataset(
        [to_subject(path) for path in paths], transform=preprocessing or Preprocessing()
    )


def make_queue_loader(
    dataset: tio.SubjectsDataset,
    batches_per_epoch: int,
    batch_size: int = 32,
    patch_size: Sequence[int] = (64, 64),
    min_brain: float = 0.5,
    samples_per_volume: int = 100,
    seed: int = 0,
) -> DataLoader[Any]:
    """Load batches from a `tio.Queue`: slower than the cache, but with whole-volume TorchIO transforms.

    The order of the subjects follows torch's global random state, as in TorchIO.

    Args:
        dataset: preprocessed subjects, background -1 (see `make_subjects_dataset`).
        batches_per_epoch: batches in an epoch.
        batch_size: patches in a batch.
        patch_size: (rows, columns) for slices of a volume, (slices, rows, columns) for 3D patches; in voxels.
        min_brain: smallest share of brain voxels in a patch, in [0, 1].
        samples_per_volume: patches taken from a volume each time it is read.
        seed: chooses the patches; ranks of torch.distributed draw different ones.

    Returns:
        A loader of {"image": (B, 1, *patch_size)} in [-1, 1].
    """
    batches = EpochSampler(batches_per_epoch)
    generator = torch.Generator().manual_seed(seed + 1_000_003 * batches.place()[0])
    queue = tio.Queue(
        dataset,
        max_length=min(4, len(dataset)) * samples_per_volume,
        samples_per_volume=samples_per_volume,
        sampler=BrainSampler(torchio_size(patch_size), min_brain, generator),
        start_background=False,
    )

    def collate(patches: list[tio.Subject]) -> dict[str, Tensor]:
        image = torch.stack([patch[IMAGE].data for patch in patches]).movedim(-1, 2)
        return {Keys.IMAGE.value: image.reshape(len(patches), 1, *patch_size)}

    return tio.SubjectsLoader(  # type: ignore[no-any-return]
        queue,
        batch_size=batch_size,
        sampler=EpochSampler(batches_per_epoch * batch_size),
        collate_fn=collate,
        num_workers=0,
    )
