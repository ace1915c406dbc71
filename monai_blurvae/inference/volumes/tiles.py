"""Tiles of a volume's slices, reconstructed and blended, or listed."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from monai.data import MetaTensor, dense_patch_slices
from monai.inferers import SliceInferer
from monai.utils import convert_to_dst_type
from torch import Tensor
from torch.nn.functional import pad
from typing_extensions import override

from monai_blurvae.checks import check_in, check_integer
from monai_blurvae.data.intensity import BACKGROUND


class SliceTileInferer(SliceInferer):  # type: ignore[misc]
    """Reconstruct a 3D volume with a 2D network, tile by tile, blended by a Gaussian window.

    Slices are along the last axis: axial ones after MONAI's Orientationd to "PLS". A slice smaller than a
    tile is padded with background. A tile without brain is its own reconstruction, because the network has
    seen no such tile in training: far from the brain, background comes back exactly. Beside the brain it is
    the network's output; nothing is masked.

    Args:
        tile_size: edge length of a tile in pixels: the network's image size.
        batch_size: tiles in a batch.
        overlap: share of a tile that its neighbour covers too, in [0, 1).
        progress: show a progress bar over the batches.

    Raises:
        ValueError: If the tile size, the batch size or the overlap is out of range.

    Example:
        >>> volume = torch.rand(1, 1, 10, 12, 3) * 2 - 1
        >>> bool(torch.allclose(SliceTileInferer(8)(volume, torch.nn.Identity()), volume, atol=1e-6))
        True
    """

    def __init__(
        self, tile_size: int, batch_size: int = 32, overlap: float = 0.5, progress: bool = False
    ) -> None:
        check_integer(1, tile_size=tile_size)
        check_tiling(batch_size, overlap)
        super().__init__(
            spatial_dim=2,
            roi_size=(tile_size, tile_size),
            sw_batch_size=batch_size,
            overlap=overlap,
            mode="gaussian",
            cval=BACKGROUND,
            progress=progress,
        )

    @override
    def __call__(
        self,
        inputs: Tensor,
        network: Callable[..., Tensor],
        *args: Any,
        **kwargs: Any,
    ) -> Tensor:
        """Reconstruct volumes in [-1, 1], (B, ch, rows, columns, slices); a MetaTensor's meta is kept.

        Args:
            inputs: the volumes.
            network: gives reconstructions of tiles (N, ch, tile, tile).
            *args: passed to the network.
            **kwargs: passed to the network.

        Returns:
            Reconstructions, of the same shape.

        Raises:
            ValueError: If the inputs have another number of axes.
        """
        if inputs.ndim != 5:
            raise ValueError(
                f"`inputs` must have 3 spatial axes after batch and channel, got {inputs.ndim - 2}"
            )

        def above_background(tiles: Tensor) -> Tensor:
            above = torch.zeros_like(tiles)
            brain = (tiles > BACKGROUND).flatten(1).any(1)
            if brain.any():
                above[brain] = (network(tiles[brain], *args, **kwargs) - BACKGROUND).to(tiles.dtype)
            return above

        volume = inputs.as_tensor() if isinstance(inputs, MetaTensor) else inputs
        blended = super().__call__(volume, above_background) + BACKGROUND
        restored: Tensor = convert_to_dst_type(blended, inputs)[0]
        return restored


def check_tiling(batch_size: int, overlap: float) -> None:
    """Raise a ValueError for a batch size or an overlap out of range."""
    check_integer(1, batch_size=batch_size)
    check_in("[0, 1)", overlap=overlap)


class BrainTiles(NamedTuple):
    """Tiles of one volume, ordered by slice."""

    images: Tensor
    """x in [-1, 1], (N, ch, tile, tile)."""
    slices: Tensor
    """The slice that each tile belongs to, (N,)."""
    shares: Tensor
    """Share of brain in each tile, (N,)."""


def brain_tiles(volume: Tensor, tile_size: int, overlap: float, min_brain: float) -> BrainTiles:
    """Cut every slice into a regular grid of tiles and keep those with enough brain.

    The last tile of a row or column is moved inwards to end with the slice. Slices smaller than a tile are
    padded with background on both sides.

    Args:
        volume: x in [-1, 1], (ch, rows, columns, slices); background is -1 in every channel.
        tile_size: edge length of a tile in pixels.
        overlap: share of a tile that its neighbour covers too, in [0, 1).
        min_brain: least share of brain in a tile, in [0, 1]; tiles without any are never kept.

    Returns:
        The tiles, on the volume's device.
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
