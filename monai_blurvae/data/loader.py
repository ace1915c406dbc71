"""The batches of an epoch, and the loader that fetches them."""

from collections.abc import Iterator, Sized
from typing import Protocol

import torch
import torch.distributed
from torch import Tensor
from torch.utils.data import DataLoader, Sampler

from monai_blurvae.checks import check_integer

FIXED_EPOCH = 2**31 - 1
"""The epoch whose patches evaluation uses; training never reaches it."""


class BatchDataset(Protocol):
    """A data set of whole batches, each a pure function of (seed, epoch, index)."""

    seed: int

    def __getitem__(self, key: tuple[int, int]) -> dict[str, Tensor]:
        """Make the batch of an epoch and an index in it, over all ranks."""


def check_batches(batch_size: int, seed: int) -> None:
    """Refuse a batch size or a seed that is out of range."""
    check_integer(1, batch_size=batch_size)
    check_integer(0, seed=seed)


class EpochSampler(Sampler[tuple[int, int]]):
    """Keys (epoch, index) of the batches of one rank. Every epoch has new keys.

    Step i of rank r of w ranks has index i w + r. Together, w ranks see the batches that one process sees in
    w times as many steps.

    Args:
        batches_per_epoch: batches of this rank in an epoch.
        rank: this process among those that train together; None asks torch.distributed.
        world_size: the number of these processes; None asks torch.distributed.

    Example:
        >>> list(EpochSampler(2, rank=1, world_size=2))
        [(0, 1), (0, 3)]
    """

    def __init__(
        self, batches_per_epoch: int, rank: int | None = None, world_size: int | None = None
    ) -> None:
        if batches_per_epoch < 1:
            raise ValueError(f"`batches_per_epoch` must be at least 1, got {batches_per_epoch}")
        self.batches_per_epoch = batches_per_epoch
        self.epoch = 0
        self._rank, self._world_size = rank, world_size

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch of the next pass, as the trainer counts: from 1."""
        self.epoch = epoch

    def place(self) -> tuple[int, int]:
        """Give the rank of this process and the number of processes that train together."""
        parallel = torch.distributed.is_available() and torch.distributed.is_initialized()
        rank = self._rank if self._rank is not None else torch.distributed.get_rank() if parallel else 0
        if self._world_size is not None:
            return rank, self._world_size
        return rank, torch.distributed.get_world_size() if parallel else 1

    def __len__(self) -> int:
        return self.batches_per_epoch

    def __iter__(self) -> Iterator[tuple[int, int]]:
        rank, world_size = self.place()
        return ((self.epoch, step * world_size + rank) for step in range(self.batches_per_epoch))


class FixedSampler(EpochSampler):
    """Keys of batches that are the same in every epoch, shared out among the ranks.

    Args:
        batches_per_epoch: batches of all ranks together; rank r of w takes every w-th batch from r on.
        rank: see `EpochSampler`.
        world_size: see `EpochSampler`.

    Example:
        >>> [index for _, index in FixedSampler(5, rank=1, world_size=2)]
        [1, 3]
    """

    def __len__(self) -> int:
        return len(range(self.place()[0], self.batches_per_epoch, self.place()[1]))

    def __iter__(self) -> Iterator[tuple[int, int]]:
        rank, world_size = self.place()
        return ((FIXED_EPOCH, index) for index in range(rank, self.batches_per_epoch, world_size))


def make_patch_loader(
    dataset: BatchDataset,
    batches_per_epoch: int,
    fixed: bool = False,
    num_workers: int = 0,
    pin_memory: bool = False,
    rank: int | None = None,
    world_size: int | None = None,
) -> DataLoader[dict[str, Tensor]]:
    """Load batches. They do not depend on the number of workers; `loader.sampler.set_epoch` renews them.

    Args:
        dataset: makes the batches, such as `PatchDataset` and `ImageDataset`.
        batches_per_epoch: batches of each rank in an epoch, or of all ranks together if `fixed`. There are no
            more fixed batches than the data set has.
        fixed: yield the same batches in every epoch, for evaluation. Training never uses them.
        num_workers: worker processes; 0 works in this process, which is fast enough without augmentation.
        pin_memory: copy batches into page-locked memory, for a GPU.
        rank: see `EpochSampler`.
        world_size: see `EpochSampler`.

    Returns:
        A loader of {"image": (B, ch, *size)} in [-1, 1]. It leaves torch's global random state as it is.

    Raises:
        ValueError: If there are fewer fixed batches than ranks: a rank without one would wait for ever.
    """
    check_integer(1, batches_per_epoch=batches_per_epoch)
    check_integer(0, num_workers=num_workers)
    if fixed and isinstance(dataset, Sized):
        batches_per_epoch = min(batches_per_epoch, len(dataset))
    sampler = (FixedSampler if fixed else EpochSampler)(batches_per_epoch, rank, world_size)
    if len(sampler) < 1:
        raise ValueError(
            f"`batches_per_epoch` must be at least the number of ranks, {sampler.place()[1]}, if `fixed`, "
            f"got {batches_per_epoch}"
        )
    return DataLoader(
        dataset,  # type: ignore[arg-type]
        batch_size=None,
        sampler=sampler,
        num_workers=num_workers,
        pin_memory=pin_memory,
        persistent_workers=num_workers > 0,
        generator=torch.Generator().manual_seed(dataset.seed),
    )


def batches_of_a_pass(dataset: Sized, world_size: int | None = None) -> int:
    """Count the batches of each rank, rounded up, that are needed to see every image of a data set once."""
    return -(-len(dataset) // EpochSampler(1, world_size=world_size).place()[1])
