"""A prior of patches as a prior of whole slices."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint
from typing_extensions import override

from monai_blurvae.checks import check_in, check_integer
from monai_blurvae.priors.base import Prior
from monai_blurvae.priors.tiling import PatchTiling
from monai_blurvae.shapes import Image, PerImage


class TiledPrior(Prior):
    """U(x) = sum over patches of U(patch) / mean number of patches per pixel, of slices of any size.

    Pixels count once on average, exactly once where the stride divides the slice. Where patches do not
    overlap, -U is a log-probability of independent patches. Where they overlap, it is not normalised. Patches
    pass through the network in chunks, also backwards: memory does not grow with the slice.

    Args:
        prior: prior of patches.
        tiling: the grid; its patch has the prior's size.
        chunk: patches that pass through the network at once.
        mask: where the prior holds, (H, W) or (B, 1, H, W), true inside: patches with less of it than
            `min_share` do not count, as in training; None: every patch counts.
        min_share: least share of the mask in a patch, in [0, 1].

    Attributes:
        offset: shift of the grid in pixels, (rows, columns); set it anew, from `tiling.random_offset`, to
            move the borders between patches.

    Raises:
        ValueError: If `chunk` is not positive or `min_share` not in [0, 1].
    """

    mask: Tensor | None

    def __init__(
        self,
        prior: Prior,
        tiling: PatchTiling,
        chunk: int = 32,
        mask: Tensor | None = None,
        min_share: float = 0.5,
    ) -> None:
        super().__init__()
        check_integer(1, chunk=chunk)
        check_in("[0, 1]", min_share=min_share)
        self.prior = prior
        self.tiling = tiling
        self.chunk = chunk
        self.min_share = min_share
        self.is_log_prob = prior.is_log_prob
        self.offset: Sequence[int] = (0, 0)
        self.register_buffer("mask", None if mask is None else mask.view(-1, 1, *mask.shape[-2:]).float())

    def cut(self, x: Image) -> tuple[Tensor, Tensor]:
        """Cut the patches that count out of slices, (N, ch, *patch); which they are, bool (B, n)."""
        patches = self.tiling.extract(x, self.offset)
        owners = torch.ones(patches.shape[:2], dtype=torch.bool, device=x.device)
        if self.mask is not None:
            if self.mask.shape[2:] != x.shape[2:] or len(self.mask) not in {1, len(x)}:
                raise ValueError(
                    f"`mask` must have the slices' size, {tuple(x.shape[2:])}, got {tuple(self.mask.shape)}"
                )
            shares = self.tiling.extract(self.mask, self.offset).mean(dim=(2, 3, 4))
            owners = owners & (shares >= self.min_share) & (shares > 0)
        return patches[owners], owners

    @override
    def energy(self, x: Image) -> PerImage:
        patches, owners = self.cut(x)
        needs_graph = torch.is_grad_enabled() and x.requires_grad
        energies = [
            checkpoint(self.prior.energy, part, use_reentrant=False)
            if needs_graph
            else self.prior.energy(part)
            for part in self._chunks(patches)
        ]
        return self._total(torch.cat([x.new_zeros(0), *energies]), owners, x)

    @override
    def energy_and_grad(self, x: Image) -> tuple[PerImage, Image]:
        # with the graph of one chunk at a time
        x = x.detach()
        patches, owners = self.cut(x)
        parts = [self.prior.energy_and_grad(part) for part in self._chunks(patches)]
        energies = torch.cat([x.new_zeros(0), *(energy for energy, _ in parts)])
        grid = torch.zeros_like(self.tiling.extract(x, self.offset))
        grid[owners] = torch.cat([patches[:0], *(gradient for _, gradient in parts)])
        gradient = self.tiling.adjoint(grid, x.shape[2:], self.offset)
        return self._total(energies, owners, x), gradient / self._divisor(x)

    @override
    def project(self, x: Image) -> Image:
        # the mean of the patches' projections; patches that do not count stay as they are
        patches, owners = self.cut(x)
        grid = self.tiling.extract(x, self.offset).clone()
        projected = [self.prior.project(part) for part in self._chunks(patches)]
        grid[owners] = torch.cat([patches[:0], *projected])
        return self.tiling.aggregate(grid, x.shape[2:], self.offset)

    @override
    def sample(self, n: int, generator: torch.Generator | None = None) -> Image:
        # patches: energies of overlapping patches do not give draws of whole slices
        return self.prior.sample(n, generator)

    def _chunks(self, patches: Tensor) -> Sequence[Tensor]:
        return torch.split(patches, self.chunk) if len(patches) else ()

    def _total(self, energies: Tensor, owners: Tensor, x: Image) -> PerImage:
        rows = owners.nonzero()[:, 0]
        return energies.new_zeros(len(x)).index_add(0, rows, energies) / self._divisor(x)

    def _divisor(self, x: Image) -> float:
        # mean number of patches that a pixel lies in
        return float(self.tiling.coverage(x.shape[2:], self.offset).mean())
