"""A prior of patches as a Gaussian of whole slices, given the latents of all patches; its settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from torch import Tensor

from monai_blurvae.data.intensity import BACKGROUND
from monai_blurvae.mri.encoding import check_tensor
from monai_blurvae.mri.phase import smooth_phase
from monai_blurvae.mri.solver import checked_noise_std
from monai_blurvae.priors.conditional import GaussianConditional
from monai_blurvae.priors.intensity import IntensityRange
from monai_blurvae.priors.tiling import PADDINGS, PatchTiling
from monai_blurvae.settings import Checked, Count, NotNegative, OneOf, Percentile, Positive, from_mapping


@dataclass(frozen=True)
class SliceSettings(Checked):
    """How a prior of patches is applied to slices. Saved with the weights, so that all uses agree.

    Example:
        >>> SliceSettings.from_mapping({"phase_width": 8, "stride": [4, 4]}).stride
        (4, 4)
    """

    stride: tuple[Count, Count] | None = None
    """Step of the grid of patches, (rows, columns) in pixels; null: half a patch."""
    padding: Annotated[str, OneOf(PADDINGS)] = "wrap"
    """What patches over the border see."""
    phase_precision: NotNegative = 1e3
    """Precision of the part of the image that is not in phase, in the network's units; 0: phase is free."""
    phase_width: Positive = 32.0
    """Standard deviation of the low-pass filter behind the phase, in samples of k-space."""
    percentile: Percentile = 99.5
    """Percentile of the magnitudes with signal that becomes 1 to the network."""
    chunk: Count = 256
    """Patches that pass through the network at once."""

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any]) -> "SliceSettings":
        """Read settings by name, such as those saved with the weights; those left out have their defaults."""
        return from_mapping(cls, settings, "reconstruction")

    def tiling(self, patch_size: Sequence[int]) -> PatchTiling:
        """Make the grid of patches of (rows, columns) pixels."""
        return PatchTiling(patch_size, self.stride, self.padding)


class SliceModel:
    """x = exp(i phi) (a + i b): the VAE explains patches of a; b is small, since phi is the phase.

    A VAE of two channels explains patches of a and b together; then `phase_precision` has no effect.

    Slices v are in the network's units: complex, `slope` times the image, background 0. The sum over
    overlapping patches is divided by the mean number of patches per pixel, so that pixels count once on
    average.

    Args:
        start: first reconstructions, such as those of SENSE, complex (B, 1, H, W). Intensity range and phase
            are taken from them.
        patch_size: rows and columns of a patch in pixels.
        settings: grid, phase and intensity.
        mask: where the prior holds, (B or 1, 1, H, W) of 0 and 1; None: everywhere. Outside, a precision of 1
            pulls slices to 0.
        channels: 1: the prior is one of a; 2: of a and b.

    Attributes:
        slope: network units per unit of k-space, (B, 1, 1, 1).
        rotation: exp(i phi), (B, 1, H, W).
        inside: the mask, (B or 1, 1, H, W), real.
        coverage: mean number of patches that a pixel lies in.

    Raises:
        ValueError: If the mask has another size or other values, or is zero everywhere in a slice.
    """

    def __init__(
        self,
        start: Tensor,
        patch_size: Sequence[int],
        settings: SliceSettings,
        mask: Tensor | None = None,
        channels: int = 1,
    ) -> None:
        self.size = (start.shape[-2], start.shape[-1])
        if mask is not None:
            check_tensor(mask=mask)
        inside = torch.ones_like(start.real[:1]) if mask is None else mask.to(start.real)
        if inside.ndim != 4 or inside.shape[1:] != start.shape[1:] or len(inside) not in {1, len(start)}:
            raise ValueError(
                f"`mask` must be (1, 1, H, W) of the image's {self.size}, got {tuple(inside.shape)}"
            )
        if bool(((inside != 0) & (inside != 1)).any()):
            raise ValueError(f"`mask` must hold only 0 and 1, got {inside.min():g} to {inside.max():g}")
        if not bool(inside.flatten(1).any(dim=1).all()):
            raise ValueError("`mask` must be 1 somewhere in every slice, got only zeros")
        self.settings = settings
        self.phase_precision = settings.phase_precision if channels == 1 else 0.0
        self.background = inside.new_tensor([BACKGROUND, 0.0][:channels]).view(-1, 1, 1)
        self.tiling = settings.tiling(patch_size)
        self.inside = inside
        magnitude = start.abs() * inside
        slopes = [
            IntensityRange.from_magnitude(one, percentile=settings.percentile).slope for one in magnitude
        ]
        self.slope = torch.tensor(slopes, dtype=start.real.dtype, device=start.device).view(-1, 1, 1, 1)
        self.rotation = torch.exp(1j * smooth_phase(start, settings.phase_width))
        self.coverage = float(self.tiling.coverage(self.size).mean())

    def noise_variance(self, std: float | Tensor | None, least: float) -> Tensor:
        """Express noise in the network's units: sigma^2 = (slope std)^2 / 2, of each of its two parts.

        Args:
            std: sqrt(E|n|^2) of each coil's noise, in the units of k-space, a number or (B,); None: unknown.
            least: lower bound of the result, and the result where the noise is unknown.

        Returns:
            sigma^2, (B, 1, 1, 1).

        Raises:
            ValueError: If the noise is negative or not finite, or of another number of images.
        """
        if std is None:
            return torch.full_like(self.slope, least)
        return ((self.slope * checked_noise_std(std, self.slope)).square() / 2).clamp_min(least)

    def patches(self, v: Tensor) -> Tensor:
        """Cut slices (B, 1, H, W) into patches of what the prior sees, (B n, ch, h, w), a in [-1, 1]."""
        return self._cut(v) + self.background

    def precision(self, v: Tensor, conditional: GaussianConditional) -> Tensor:
        """Apply the precision to slices: that of the patches to a, of the phase to b, 1 outside."""
        in_phase = self._put_back(conditional.precision(self._cut(v)))
        out_of_phase = 1j * self.phase_precision * self.out_of_phase(v) * self.rotation
        total: Tensor = in_phase + out_of_phase + (1 - self.inside) * v
        return total

    def information(self, conditional: GaussianConditional) -> Tensor:
        """Compute the precision times the mean, slices (B, 1, H, W)."""
        return self._put_back(conditional.precision(conditional.mean - self.background))

    def draw(self, conditional: GaussianConditional, generator: torch.Generator) -> Tensor:
        """Draw noise whose covariance is the precision, slices (B, 1, H, W)."""
        noise = torch.randn(conditional.mean.shape, generator=generator).to(conditional.mean)
        rest = torch.randn(*self.rotation.shape, 2, generator=generator).to(conditional.mean)
        in_phase = self._put_back(conditional.draw_precision(noise)) * self.coverage**0.5
        b = self.phase_precision**0.5 * rest[..., 0] * self.inside
        outside = (1 - self.inside) * torch.view_as_complex(rest)
        drawn: Tensor = in_phase + 1j * b * self.rotation + outside
        return drawn

    def energy(self, v: Tensor, energies: Tensor) -> Tensor:
        """Add up the energy of slices v, without constants, given -log p(x, z) of patches, (B n,)."""
        outside = v.abs() * (1 - self.inside)
        phase = self.phase_precision * self.out_of_phase(v).square().sum()
        return energies.sum() / self.coverage + (phase + outside.square().sum()) / 2

    def out_of_phase(self, v: Tensor) -> Tensor:
        """Give b of slices v, (B, 1, H, W): the part that is not in phase, 0 outside the mask."""
        return (v * self.rotation.conj()).imag * self.inside

    def _cut(self, v: Tensor) -> Tensor:
        turned = v * self.rotation.conj() * self.inside
        seen = turned.real if len(self.background) == 1 else torch.cat([turned.real, turned.imag], dim=1)
        return self.tiling.extract(seen).flatten(0, 1)

    def _put_back(self, patches: Tensor) -> Tensor:
        grid = patches.view(len(self.rotation), -1, *patches.shape[1:])
        seen = self.tiling.adjoint(grid, self.size) * self.inside / self.coverage
        return (seen if seen.shape[1] == 1 else torch.complex(seen[:, :1], seen[:, 1:])) * self.rotation
