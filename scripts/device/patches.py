"""Random patches of packed slices: decoded, on the device, gathered without a loop."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor


class Patches:
    """Random patches of grey slices that lie on the device as bytes.

    Every patch is uniform over the positions at which enough of it is not background.

    Args:
        slices: grey levels, (N, H, W), uint8, 0 the background.
        size: edge length of the patches in pixels.
        least: share of a patch that must not be background.

    Raises:
        ValueError: no patch of this size has so much that is not background.
    """

    def __init__(self, slices: Tensor, size: int, least: float = 0.5) -> None:
        self.slices = slices
        self.size = size
        inside = torch.nn.functional.pad((slices > 0).int(), (1, 0, 1, 0)).cumsum(1).cumsum(2)
        count = inside[:, size:, size:] - inside[:, :-size, size:]
        count = count - inside[:, size:, :-size] + inside[:, :-size, :-size]
        self.shape = count.shape[1:]
        self.positions = (count.flatten() >= least * size**2).nonzero().flatten()
        if len(self.positions) == 0:
            raise ValueError(
                f"`slices` must have a patch of {size} pixels with {least:.0%} foreground, got none"
            )

    def batch(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw patches.

        Args:
            count: number of patches, B.
            generator: source of the draw, on the slices' device.

        Returns:
            Patches, (B, 1, size, size) in [-1, 1].
        """
        device = self.slices.device
        drawn = torch.randint(len(self.positions), (count,), generator=generator, device=device)
        position = self.positions[drawn][:, None, None]
        rows, columns = self.shape
        span = torch.arange(self.size, device=device)
        row = position // columns % rows + span[:, None]
        patches = self.slices[position // (rows * columns), row, position % columns + span]
        return patches[:, None].float() / 127.5 - 1


class Loader:
    """Batches of patches that are a function of seed, epoch and place in the epoch.

    Args:
        patches: where the patches come from.
        batch: patches per batch.
        length: batches per epoch.
        seed: seed of the draws.
    """

    def __init__(self, patches: Patches, batch: int, length: int, seed: int = 0) -> None:
        self.patches, self.batch, self.length = patches, batch, length
        self.seed, self.epoch = seed, 0
        self.sampler = self

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch that the next iteration draws."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        """Draw the epoch's batches."""
        generator = torch.Generator(self.patches.slices.device).manual_seed(1000 * self.seed + self.epoch)
        for _ in range(self.length):
            yield {"image": self.patches.batch(self.batch, generator)}


def load(file: Path | None, size: int, device: torch.device) -> tuple[Patches, Patches]:
    """Load training and test patches from a file of `scripts/pack_data.py`; without one, make discs.

    Args:
        file: the packed file, or None.
        size: edge length of the patches in pixels.
        device: where the slices go.

    Returns:
        Patches for training and for testing.
    """
    if file is None:
        splits = [discs(24, 2 * size, seed) for seed in (0, 1)]
    else:
        with np.load(file) as packed:
            splits = [torch.from_numpy(packed[split]) for split in ("train", "test")]
    train, test = (Patches(slices.to(device), size) for slices in splits)
    return train, test


def discs(count: int, size: int, seed: int) -> Tensor:
    """Draw slices that each hold a large disc and many small ones, (N, size, size), uint8."""
    generator = torch.Generator().manual_seed(seed)
    axis = torch.linspace(-1, 1, size)
    slices = torch.zeros(count, size, size)
    for index in range(24):
        y, x, level = torch.rand(3, count, 1, 1, generator=generator)
        radius = 0.95 if index == 0 else 0.2
        centre = 0.0 if index == 0 else 0.8
        inside = (axis[:, None] - centre * (2 * y - 1)) ** 2 + (axis - centre * (2 * x - 1)) ** 2 < radius**2
        slices = torch.where(inside & ((slices > 0) | (index == 0)), 40 + 215 * level, slices)
    return slices.byte()
