"""TorchIO augmentation of patches, reproducible patch by patch."""

from collections.abc import Callable, Sequence

import torch
import torchio as tio
from torch import Tensor

from monai_blurvae.data.volumes.volumes import IMAGE

Augmentation = Callable[[Tensor, Sequence[int]], Tensor]
"""Deterministic in (patches (B, ch, *size) in [-1, 1], one seed a patch)."""


class PatchAugmentation:
    """Apply a TorchIO transform to every patch of a batch, in the range [0, 1], then clip.

    On a patch a transform costs milliseconds, on a whole volume seconds. TorchIO sees a patch with the axes
    of a volume, (rows, columns, slices), one slice deep where patches are 2D: rotations in the plane turn
    about the third axis.

    Args:
        transform: Any TorchIO transform, random or not.
    """

    def __init__(self, transform: Callable[[tio.Subject], tio.Subject]) -> None:
        self.transform = transform

    def __call__(self, patches: Tensor, seeds: Sequence[int]) -> Tensor:
        """Augment a batch; torch's global random state is put back afterwards.

        Args:
            patches: x in [-1, 1], (B, ch, *size), size = (rows, columns) or (slices, rows, columns).
            seeds: One a patch.

        Returns:
            x in [-1, 1], the shape of `patches`.
        """
        with torch.random.fork_rng(devices=[]):
            augmented = [self._augment(patch, seed) for patch, seed in zip(patches, seeds, strict=True)]
        return torch.stack(augmented)

    def _augment(self, patch: Tensor, seed: int) -> Tensor:
        torch.default_generator.manual_seed(seed)  # the CPU's alone: torch.manual_seed reseeds the GPU too
        volume = (patch.view(len(patch), -1, *patch.shape[-2:]) + 1).mul_(0.5).movedim(1, -1)
        subject = self.transform(tio.Subject({IMAGE: tio.ScalarImage(tensor=volume.contiguous())}))
        unit: Tensor = subject[IMAGE].data.movedim(-1, 1).clamp(0, 1)
        return (unit * 2 - 1).reshape(patch.shape)
