"""A volume through a 2D network: slice by slice, in overlapping tiles."""

from collections.abc import Callable
from typing import Any

import torch
from monai.data import MetaTensor
from monai.inferers import SliceInferer
from monai.utils import convert_to_dst_type
from torch import Tensor

BACKGROUND = -1.0
"""Background's value in the images, after normalisation."""


class SliceTileInferer(SliceInferer):  # type: ignore[misc]
    """Reconstruct a 3D volume with a 2D network, tile by tile, blended by a Gaussian window.

    Slices are along the last axis: axial ones after MONAI's Orientationd to "PLS". A slice smaller than a
    tile is padded with background. A tile without any brain never reaches the network, which has seen none in
    training: it is its own reconstruction. So background out of every brain tile's reach comes back exactly;
    background beside the brain is what the network makes of it, and nothing is masked.

    Args:
        tile_size: Edge length of a tile in pixels: the network's image size.
        batch_size: Tiles in a batch.
        overlap: Share of a tile that its neighbour covers too, in [0, 1).
        progress: Show a progress bar over the batches.

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
        if tile_size < 1:
            raise ValueError(f"`tile_size` must be positive, got {tile_size}")
        if batch_size < 1:
            raise ValueError(f"`batch_size` must be positive, got {batch_size}")
        if not 0 <= overlap < 1:
            raise ValueError(f"`overlap` must be in [0, 1), got {overlap}")
        super().__init__(
            spatial_dim=2,
            roi_size=(tile_size, tile_size),
            sw_batch_size=batch_size,
            overlap=overlap,
            mode="gaussian",
            cval=BACKGROUND,
            progress=progress,
        )

    def __call__(
        self,
        inputs: Tensor,
        network: Callable[..., Tensor],
        *args: Any,  # noqa: ANN401
        **kwargs: Any,  # noqa: ANN401
    ) -> Tensor:
        """Reconstruct volumes.

        Args:
            inputs: Volumes in [-1, 1], (B, ch, rows, columns, slices); a MetaTensor's meta is kept.
            network: Takes tiles (N, ch, tile, tile) to reconstructions of their shape.
            *args: Passed to the network.
            **kwargs: Passed to the network.

        Returns:
            Reconstructions, (B, ch, rows, columns, slices).

        Raises:
            ValueError: If the inputs are no volumes.
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
