"""Forms of the measured blur that the study compares and the library does not have."""

from collections.abc import Callable, Sequence
from math import prod

import torch
from torch import Tensor
from typing_extensions import override

from monai_blurvae.blur import MeasuredBlur, Spectra
from monai_blurvae.functional import ImageSpectrum
from monai_blurvae.losses import ReconstructionLoss, WienerBlurLoss
from monai_blurvae.losses.base import Terms
from monai_blurvae.losses.scaled import Energy
from monai_blurvae.shapes import Code, Image


class WholeSpectrum(MeasuredBlur):
    """A gain for each frequency of the half spectrum of 64x64 pixels, without rings."""

    SIZE = (64, 64)

    def __init__(self, decay: float = 0.98) -> None:
        super().__init__(rings=prod(self._half()), decay=decay)

    @override
    def _basis_of(self, size: Sequence[int]) -> Tensor:
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


class PerChannel(WienerBlurLoss):
    """A measured blur of each channel; all channels share the scale."""

    def __init__(self, channels: int, C: float) -> None:
        super().__init__("measured", C)
        self.losses = [WienerBlurLoss("measured", C) for _ in range(channels)]
        self.sources = torch.nn.ModuleList(loss.blur for loss in self.losses)  # saved, and moved to a device

    @override
    def terms(self, input: Image, target: Image, z: Code | None = None, warming_up: bool = False) -> Terms:
        size, energies = target.shape[2:], []
        pairs = zip(torch.split(target, 1, dim=1), torch.split(input, 1, dim=1), strict=True)
        for loss, (x, x_hat) in zip(self.losses, pairs, strict=True):
            spectra = Spectra.of(x, x_hat)
            energies.append(loss.energy(x_hat, x))
            if self.training and torch.is_grad_enabled():
                loss.blur.observe(spectra, size)
        energy = Energy(*(torch.stack(parts).sum(dim=0) for parts in zip(*energies, strict=True)))
        return self._scaled(energy, target[0].numel())


VARIANTS: dict[str, Callable[[float, int], ReconstructionLoss]] = {
    "whole_spectrum": lambda C, _: WienerBlurLoss(WholeSpectrum(), C),
    "untapered": lambda C, _: WienerBlurLoss(Untapered(), C),
    "per_channel": lambda C, channels: PerChannel(channels, C),
}
"""Terms by name, from C and the number of channels."""


def make_variant(name: str, C: float, channels: int) -> ReconstructionLoss:
    """Make a term by its name."""
    return VARIANTS[name](C, channels)
