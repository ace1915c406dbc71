"""The tiles of a volume's slices that hold enough brain to be judged."""

from typing import NamedTuple

import torch
from monai.data import dense_patch_slices
from torch import Tensor
from torch.nn.functional import pad

from monai_blurvae.inference.volumes.slice_tiles import BACKGROUND


class BrainTiles(NamedTuple):
    """Tiles of one volume, ordered by slice."""

    images: Tensor
    """x in [-1, 1], (N, ch, tile, tile)."""
    slices: Tensor
    """Which slice each tile is of, (N,)."""
    shares: Tensor
    """Share of brain in each tile, (N,)."""


def brain_tiles(volume: Tensor, tile_size: int, overlap: float, min_brain: float) -> BrainTiles:
    """Cut every slice into a regular grid of tiles and keep those with enough brain.

    Tiles of one grid position follow one another from slice to slice; the last of a row or column is moved
    inwards to end with the slice. Slices smaller than a tile are padded with background on both sides.

    Args:
        volume: x in [-1, 1], (ch, rows, columns, slices); background is -1 in every channel.
        tile_size: Edge length of a tile in pixels.
        overlap: Share of a tile that its neighbour covers too, in [0, 1).
        min_brain: Least share of brain in a tile, in [0, 1]; tiles without any are never kept.

    Returns:
        The tiles, on the volume's device.

    Example:
        >>> volume = torch.full((1, 4, 4, 2), -1.0)
        >>> volume[:, :2, :2, 1] = 0  # a quarter of the second slice is brain
        >>> brain_tiles(volume, tile_size=2, overlap=0, min_brain=0.5).slices
        tensor([1])
    """
    widths = [0, 0]
    for length in (volume.shape[2], volume.shape[1]):
        missing = max(tile_size - length, 0)
        widths += [missing // 2, missing - missing // 2]
    x = pad(volume, widths, value=BACKGROUND)
    step = max(1, int(tile_size * (1 - overlap)))
    windows = dense_patch_slices(x.shape[1:3], (tile_size, tile_size), (step, step))
    brain = (x > BACKGROUND).any(0).float()
    shares = torch.stack([brain[window].mean((0, 1)) for window in windows], dim=1)
    slices, places = ((shares >= min_brain) & (shares > 0)).nonzero(as_tuple=True)
    images = [
        x[(slice(None), *windows[place], index)]
        for index, place in zip(slices.tolist(), places.tolist(), strict=True)
    ]
    empty = x.new_zeros(0, x.shape[0], tile_size, tile_size)
    return BrainTiles(torch.stack(images) if images else empty, slices, shares[slices, places])
