"""Slices of any size as overlapping patches, and the way back."""

from collections.abc import Sequence

import torch
from jaxtyping import Num
from torch import Tensor

from monai_blurvae.checks import check_integer, check_sizes

Slices = Num[Tensor, "B ch H W"]
"""Slices, real or complex: batch, channels, rows, columns."""

Patches = Num[Tensor, "B n ch h w"]
"""Patches of slices, n of each."""

PADDINGS = ("wrap", "reflect")
"""What patches over the border see: the opposite border, or the mirrored image."""


class PatchTiling:
    """A grid of patches that covers every pixel of a slice, also when the grid is shifted.

    With "wrap" every pixel lies in the same number of patches where the stride divides the patch and the
    slice; with "reflect" pixels near the border lie in some patches twice. In the methods `size` is (H, W),
    no side shorter than the patch, and `offset` the shift of the grid in pixels, (rows, columns).

    Args:
        patch_size: rows and columns of a patch in pixels.
        stride: step of the grid in pixels, (rows, columns), from 1 to the patch's size; None: half a patch.
        padding: "wrap" or "reflect".

    Raises:
        ValueError: If a size, the stride or the padding is out of its range.

    Example:
        >>> tiling, x = PatchTiling((4, 4), (2, 2)), torch.rand(1, 1, 6, 8)
        >>> patches = tiling.extract(x, offset=(1, 0))
        >>> patches.shape, bool(torch.allclose(tiling.aggregate(patches, (6, 8), offset=(1, 0)), x))
        (torch.Size([1, 12, 1, 4, 4]), True)
    """

    def __init__(
        self, patch_size: Sequence[int], stride: Sequence[int] | None = None, padding: str = "wrap"
    ) -> None:
        check_sizes(axes=(2,), patch_size=patch_size)
        for size in patch_size:
            check_integer(1, patch_size=size)
        stride = [max(1, size // 2) for size in patch_size] if stride is None else stride
        check_sizes(axes=(2,), stride=stride)
        stride = tuple(stride)
        if not all(1 <= step <= size for step, size in zip(stride, patch_size, strict=True)):
            raise ValueError(f"`stride` must lie between 1 and the patch's {tuple(patch_size)}, got {stride}")
        if padding not in PADDINGS:
            raise ValueError(f'`padding` must be "wrap" or "reflect", got {padding!r}')
        self.patch_size = tuple(patch_size)
        self.stride = stride
        self.padding = padding

    def random_offset(self, generator: torch.Generator | None = None) -> tuple[int, int]:
        """Draw a shift of the grid; averaged over shifts, borders between patches vanish."""
        rows, columns = (int(torch.randint(step, (), generator=generator)) for step in self.stride)
        return rows, columns

    def extract(self, x: Slices, offset: Sequence[int] = (0, 0)) -> Patches:
        """Cut images, real or complex, into patches, row after row of the grid."""
        rows, columns = self._indices(x.shape[2:], offset)
        grid = x[:, :, rows[:, None, :, None], columns[None, :, None, :]]  # (B, ch, nr, nc, h, w)
        return grid.flatten(2, 3).transpose(1, 2)

    def adjoint(self, patches: Patches, size: Sequence[int], offset: Sequence[int] = (0, 0)) -> Slices:
        """Add patches up where they were cut: the transpose of `extract`."""
        rows, columns = self._indices(size, offset)
        batch, _, ch = patches.shape[:3]
        grid = patches.transpose(1, 2).reshape(batch, ch, len(rows), len(columns), *self.patch_size)
        index = (rows[:, None, :, None] * size[1] + columns[None, :, None, :]).to(patches.device)
        image = patches.new_zeros(batch, ch, size[0] * size[1])
        image.index_add_(2, index.flatten(), grid.flatten(2))
        return image.view(batch, ch, *size)

    def coverage(self, size: Sequence[int], offset: Sequence[int] = (0, 0)) -> Tensor:
        """Count the patches that each pixel lies in, at least 1, (1, 1, H, W)."""
        return self.adjoint(self.extract(torch.ones(1, 1, *size), offset), size, offset)

    def aggregate(self, patches: Patches, size: Sequence[int], offset: Sequence[int] = (0, 0)) -> Slices:
        """Average patches where they overlap: the left inverse of `extract`."""
        total = self.adjoint(patches, size, offset)
        return total / self.coverage(size, offset).to(total)

    def _indices(self, size: Sequence[int], offset: Sequence[int]) -> tuple[Tensor, Tensor]:
        # which row (column) of the image each row (column) of each patch is
        if len(size) != 2 or any(side < patch for side, patch in zip(size, self.patch_size, strict=True)):
            raise ValueError(f"`x` must have sides of at least {self.patch_size} pixels, got {tuple(size)}")
        rows, columns = (self._indices_of_axis(axis, size[axis], offset[axis]) for axis in range(2))
        return rows, columns

    def _indices_of_axis(self, axis: int, side: int, offset: int) -> Tensor:
        patch, step = self.patch_size[axis], self.stride[axis]
        first = offset % step
        if self.padding == "wrap":
            starts = torch.arange(first, first + side, step)
        else:
            starts = torch.arange(first - step if first else 0, side - patch + step, step)
        pixels = starts[:, None] + torch.arange(patch)
        if self.padding == "wrap":
            return pixels % side
        mirrored = pixels.abs()
        return torch.where(mirrored < side, mirrored, 2 * (side - 1) - mirrored)
