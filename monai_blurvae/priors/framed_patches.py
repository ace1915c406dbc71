"""Patches of slices that are padded with background, and the way back."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import pad

from monai_blurvae.data.intensity import BACKGROUND
from monai_blurvae.priors.base import Prior
from monai_blurvae.priors.tiled_prior import TiledPrior
from monai_blurvae.priors.tiling import PatchTiling
from monai_blurvae.shapes import Image


class FramedPatches:
    """The patches of slices with enough brain. Padded slices have no patch that wraps around or mirrors.

    Args:
        x: slices in the network's units, (B, 1, H, W), of any size.
        brain: true on the brain, bool (B, 1, H, W).
        prior: prior of patches.
        tiling: the grid.
        min_share: least share of brain in a patch that counts, in [0, 1].

    Attributes:
        patches: those that count, (N, 1, *patch), slice after slice.
        counted: which of the grid's they are, bool (B, n).

    Raises:
        ValueError: If a slice has no patch with enough brain.
    """

    def __init__(self, x: Image, brain: Tensor, prior: Prior, tiling: PatchTiling, min_share: float) -> None:
        rows, columns = _frame(x, tiling)
        framed = pad(x, (*columns, *rows), value=BACKGROUND)
        mask = pad(brain.to(x), (*columns, *rows))
        self.patches, self.counted = TiledPrior(prior, tiling, mask=mask, min_share=min_share).cut(framed)
        if not self.counted.any(dim=1).all():
            raise ValueError(
                f"`brain` must fill {min_share:g} of at least one patch of every slice, got slices where it "
                "does not: leave them out, or lower `min_share`"
            )
        self._tiling = tiling
        self._size: Sequence[int] = framed.shape[2:]
        self._inside = (..., slice(rows[0], rows[0] + x.shape[2]), slice(columns[0], columns[0] + x.shape[3]))

    def per_patch(self, values: Tensor) -> Tensor:
        """Sort numbers of the patches that count, (N,), by slices, (B, n); NaN for the rest."""
        return values.new_full(self.counted.shape, torch.nan).masked_scatter(self.counted, values)

    def per_pixel(self, values: Tensor) -> Image:
        """Average maps of patches, (N, 1, *patch), where they overlap, (B, 1, H, W); NaN elsewhere."""
        total, count = (
            self._tiling.adjoint(self._grid(part), self._size) for part in (values, torch.ones_like(values))
        )
        mean: Tensor = (total / count)[self._inside]
        return mean

    def _grid(self, values: Tensor) -> Tensor:
        grid = values.new_zeros(*self.counted.shape, *values.shape[1:])
        grid[self.counted] = values
        return grid


def with_patch(brain: Tensor, prior: Prior, tiling: PatchTiling, min_share: float) -> Tensor:
    """Say which slices, bool (B, 1, H, W), have a patch with enough brain, bool (B,)."""
    rows, columns = _frame(brain, tiling)
    mask = pad(brain.float(), (*columns, *rows))
    _, counted = TiledPrior(prior, tiling, mask=mask, min_share=min_share).cut(mask)
    return counted.any(dim=1)


def _frame(x: Tensor, tiling: PatchTiling) -> list[tuple[int, int]]:
    # background before and after rows, and columns
    sides = zip(x.shape[2:], tiling.patch_size, tiling.stride, strict=True)
    return [_margins(*side) for side in sides]


def _margins(side: int, patch: int, step: int) -> tuple[int, int]:
    # background before and after, so that a whole number of steps covers the side
    steps = max(0, -(-(side - patch) // step))
    missing = patch + steps * step - side
    return missing // 2, missing - missing // 2
