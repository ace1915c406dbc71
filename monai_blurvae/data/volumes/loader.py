"""The loader that fetches an epoch's batches."""

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from monai_blurvae.data.images.images import ImageDataset
from monai_blurvae.data.volumes.patches import PatchDataset
from monai_blurvae.data.volumes.samplers import EpochSampler, FixedSampler


def make_patch_loader(
    dataset: PatchDataset | ImageDataset,
    batches_per_epoch: int,
    fixed: bool = False,
    num_workers: int = 0,
    pin_memory: bool = False,
    rank: int | None = None,
    world_size: int | None = None,
) -> DataLoader[dict[str, Tensor]]:
    """Load batches, the same at any number of workers; `loader.sampler.set_epoch` renews them.

    Args:
        dataset: Makes the batches.
        batches_per_epoch: Batches in an epoch: of each rank, or, where `fixed`, of all ranks together. Fixed
            batches of images end with the images.
        fixed: Yield the same batches at every epoch, no patch of them drawn in training: for evaluation.
        num_workers: Worker processes; 0 gathers in this process, which is fast enough without augmentation.
        pin_memory: Copy batches into page-locked memory, for a GPU.
        rank: This process among those that train together; None asks torch.distributed.
        world_size: How many they are; None asks torch.distributed.

    Returns:
        A loader of {"image": (B, ch, *size)} in [-1, 1]. It leaves torch's global random state alone.

    Raises:
        ValueError: If there are fewer fixed batches than ranks: a rank without one would wait for ever.
    """
    if fixed and isinstance(dataset, ImageDataset):
        batches_per_epoch = min(batches_per_epoch, len(dataset))
    sampler = (FixedSampler if fixed else EpochSampler)(batches_per_epoch, rank, world_size)
    if len(sampler) < 1:
        raise ValueError(
            f"`batches_per_epoch` must be at least the number of ranks, {sampler.place()[1]}, where `fixed`, "
            f"got {batches_per_epoch}"
        )
    return DataLoader(
        dataset,
        batch_size=None,
        sampler=sampler,
        num_workers=num_workers,
        pin_memory=pin_memory,
        persistent_workers=num_workers > 0,
        generator=torch.Generator().manual_seed(dataset.seed),
    )


def batches_of_a_pass(dataset: ImageDataset, world_size: int | None = None) -> int:
    """Count the batches in which every image comes once, for one of the ranks that train together.

    Args:
        dataset: Makes the batches.
        world_size: How many processes train together; None asks torch.distributed.

    Returns:
        The batches of each rank, rounded up: the last of them may begin with a second shuffle.
    """
    return -(-len(dataset) // EpochSampler(1, world_size=world_size).place()[1])
