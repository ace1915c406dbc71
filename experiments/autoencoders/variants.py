"""Forms of the measured blur that the study compares and the library does not have."""

from collections.abc import Callable, Iterator, Sequence
from math import prod
from typing import Any

import torch
from torch import Tensor
from typing_extensions import override

from monai_blurvae.blur import MeasuredBlur, Spectra
from monai_blurvae.functional import ImageSpectrum, ring_basis
from monai_blurvae.losses import ReconstructionLoss, WienerBlurLoss
from monai_blurvae.losses.base import Terms
from monai_blurvae.losses.scaled import Energy, ScaledLikelihood
from monai_blurvae.shapes import Code, Image


class WholeSpectrum(MeasuredBlur):
    """A gain for each frequency of the half spectrum of 64x64 pixels, without rings."""

    SIZE = (64, 64)

    def __init__(self, decay: float = 0.98) -> None:
        super().__init__(rings=prod(self._half()), decay=decay)

    @override
    def _make_basis(self, size: Sequence[int]) -> Tensor:
        if tuple(size) != self.SIZE:
            raise ValueError(f"`size` must be {self.SIZE}, got {tuple(size)}")
        rows = self.numerator.new_ones(self.rings).diag()
        return rows.reshape(self.rings, *self._half())

    @classmethod
    def _half(cls) -> tuple[int, int]:
        return cls.SIZE[0], cls.SIZE[1] // 2 + 1


class Untapered(MeasuredBlur):
    """Measured on whole patches, jumps between opposite borders included."""

    @override
    def _tapered(self, spectra: ImageSpectrum, size: Sequence[int]) -> ImageSpectrum:
        return spectra


class AxisGroups(MeasuredBlur):
    """A gain for each pair of rings: of the frequency along the slices' axis, and of that within slices."""

    RINGS = (8, 16)

    def __init__(self, decay: float = 0.98) -> None:
        super().__init__(rings=prod(self.RINGS), decay=decay)

    @override
    def _make_basis(self, size: Sequence[int]) -> Tensor:
        along, within = (
            ring_basis(part, rings, None, self.numerator.device)
            for part, rings in zip((size[:1], size[1:]), self.RINGS, strict=True)
        )
        folded = [min(k, size[0] - k) for k in range(size[0])]  # of a half axis, the whole one
        pairs = torch.einsum("rd,shw->rsdhw", along[:, folded], within)
        return pairs.flatten(0, 1)


class PerChannel(ScaledLikelihood):
    """A measured blur of each channel; all channels share the scale."""

    def __init__(self, channels: int, C: float) -> None:
        super().__init__("optimal")
        self.losses = torch.nn.ModuleList(WienerBlurLoss("measured", C) for _ in range(channels))

    @override
    def energy(self, input: Image, target: Image, z: Code | None = None) -> Energy:
        found = [loss.energy(*pair) for loss, *pair in self._by_channel(input, target)]
        return Energy(*(torch.stack(parts).sum(dim=0) for parts in zip(*found, strict=True)))

    @override
    def terms(self, input: Image, target: Image, z: Code | None = None, warming_up: bool = False) -> Terms:
        found = super().terms(input, target, z, warming_up)
        if self.training and torch.is_grad_enabled():
            for loss, x_hat, x in self._by_channel(input, target):
                loss.blur.observe(Spectra.of(x, x_hat), x.shape[2:])
        return found

    def _by_channel(self, input: Image, target: Image) -> Iterator[tuple[Any, Image, Image]]:
        return zip(self.losses, torch.split(input, 1, dim=1), torch.split(target, 1, dim=1), strict=True)


VARIANTS: dict[str, Callable[[float, int], ReconstructionLoss]] = {
    "whole_spectrum": lambda C, _: WienerBlurLoss(WholeSpectrum(), C),
    "axis_groups": lambda C, _: WienerBlurLoss(AxisGroups(), C),
    "untapered": lambda C, _: WienerBlurLoss(Untapered(), C),
    "per_channel": lambda C, channels: PerChannel(channels, C),
}
"""Terms by name, from C and the number of channels."""
