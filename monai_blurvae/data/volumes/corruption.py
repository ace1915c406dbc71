"""What simulated damage to slices takes and gives."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor


class Corrupted(NamedTuple):
    """Damaged slices, and where the damage is."""

    images: Tensor
    """x in [-1, 1], (B, 1, H, W), background exactly -1."""
    where: Tensor
    """True on what was damaged, bool (B, 1, H, W); the whole brain where the damage has no place."""


class Corruption(Protocol):
    """A function of slices, their brains and one seed a slice, and of nothing else."""

    def __call__(self, images: Tensor, brain: Tensor, seeds: Sequence[int]) -> Corrupted:
        """Damage slices.

        Args:
            images: x in [-1, 1], (B, 1, H, W).
            brain: true on the brain, bool (B, 1, H, W).
            seeds: one a slice.

        Returns:
            The slices damaged, and where.
        """


def onto_brain(unit: Tensor, brain: Tensor) -> Tensor:
    """Clip intensities to [0, 1] and strip what is no brain, as the training data are.

    Args:
        unit: intensities of which 1 is the subject's percentile and 0 background, any shape.
        brain: true on the brain, of a shape that broadcasts.

    Returns:
        x in [-1, 1], of the shape of `unit`, background exactly -1.
    """
    return torch.where(brain, unit.clamp(0, 1) * 2 - 1, -1)
