"""Which batches an epoch has."""

from collections.abc import Iterator

import torch.distributed
from torch.utils.data import Sampler

FIXED_EPOCH = 2**31 - 1
"""The epoch whose patches evaluation uses; training never reaches it."""


class EpochSampler(Sampler[tuple[int, int]]):
    """Keys (epoch, index) of one rank's batches, new patches every epoch.

    Step i of rank r among w has index i w + r: w ranks see what one process with w times the steps sees.

    Args:
        batches_per_epoch: Batches of this rank in an epoch.
        rank: This process among those that train together; None asks torch.distributed.
        world_size: How many they are; None asks torch.distributed.

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
        """Choose the epoch whose patches the next pass yields.

        Args:
            epoch: The epoch, as the trainer counts: from 1.
        """
        self.epoch = epoch

    def place(self) -> tuple[int, int]:
        """Find this process among those that train together.

        Returns:
            Rank and world size.
        """
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
    """Keys of the same batches at every epoch, shared out among the ranks.

    Args:
        batches_per_epoch: Batches of all ranks together; rank r takes every w-th from r on.
        rank: This process among those that evaluate together; None asks torch.distributed.
        world_size: How many they are; None asks torch.distributed.

    Example:
        >>> [index for _, index in FixedSampler(5, rank=1, world_size=2)]
        [1, 3]
    """

    def __len__(self) -> int:
        return len(range(self.place()[0], self.batches_per_epoch, self.place()[1]))

    def __iter__(self) -> Iterator[tuple[int, int]]:
        rank, world_size = self.place()
        return ((FIXED_EPOCH, index) for index in range(rank, self.batches_per_epoch, world_size))
