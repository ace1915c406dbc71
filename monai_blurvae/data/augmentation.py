"""TorchIO augmentation of patches, reproducible for each patch."""

from collections.abc import Callable, Sequence

import torch
import torchio as tio
from torch import Tensor

from monai_blurvae.keys import Keys

Augmentation = Callable[[Tensor, Sequence[int]], Tensor]
"""A function of patches (B, ch, *size) in [-1, 1] and one seed per patch; deterministic in both."""


class PatchAugmentation:
    """Apply a TorchIO transform to every patch of a batch, in the range [0, 1], then clip.

    A transform takes milliseconds on a patch, and seconds on a whole volume. TorchIO sees a patch as a volume
    (rows, columns, slices) with a single slice if patches are 2D: rotations in the plane turn about the
    third axis.

    Args:
        transform: any TorchIO transform, random or not.
    """

    def __init__(self, transform: Callable[[tio.Subject], tio.Subject]) -> None:
        self.transform = transform

    def __call__(self, patches: Tensor, seeds: Sequence[int]) -> Tensor:
        """Augment a batch; torch's global random state is put back afterwards.

        Args:
            patches: x in [-1, 1], (B, ch, *size), size = (rows, columns) or (slices, rows, columns).
            seeds: one per patch.

        Returns:
            x in [-1, 1], the shape of `patches`.
        """
        with torch.random.fork_rng(devices=[]):
            augmented = [self._augment(patch, seed) for patch, seed in zip(patches, seeds, strict=True)]
        return torch.stack(augmented)

    def _augment(self, patch: Tensor, seed: int) -> Tensor:
        torch.default_generator.manual_seed(seed)  # only the CPU's: torch.manual_seed reseeds the GPU too
        volume = (patch.view(len(patch), -1, *patch.shape[-2:]) + 1).mul_(0.5).movedim(1, -1)
        subject = self.transform(tio.Subject({Keys.IMAGE.value: tio.ScalarImage(tensor=volume.contiguous())}))
        unit: Tensor = subject[Keys.IMAGE.value].data.movedim(-1, 1).clamp(0, 1)
        return (unit * 2 - 1).reshape(patch.shape)
