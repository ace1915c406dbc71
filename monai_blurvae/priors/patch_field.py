"""A prior of patches as the Gaussian that it is of whole slices, given the latents of all patches."""

import torch
from torch import Tensor

from monai_blurvae.mri.phase import smooth_phase
from monai_blurvae.priors.conditional import GaussianConditional
from monai_blurvae.priors.intensity import BACKGROUND, IntensityRange
from monai_blurvae.priors.tiling import PatchTiling


class PatchField:
    """x = exp(i phi) (a + i b): patches of a are what the VAE explains, b is small where phi is the phase.

    Slices v are in the network's units: complex, `slope` times the image, background 0. What overlapping
    patches say is divided by their mean number a pixel, so that pixels count once on average.

    Args:
        start: first reconstructions, such as those of SENSE, complex (B, 1, H, W): intensity range and phase
            are taken from them.
        tiling: the grid of patches.
        phase_precision: precision of b, in the network's units; 0: the phase is free.
        phase_width: standard deviation of the low-pass filter behind phi, in samples of k-space.
        percentile: of the magnitudes with signal, that which is 1 to the network.
        mask: where the prior holds, (B or 1, 1, H, W) of 0 and 1; None: everywhere. Outside, slices are
            pulled to 0 by a precision of 1.

    Attributes:
        slope: network units per unit of k-space, (B, 1, 1, 1).
        rotation: exp(i phi), (B, 1, H, W).
        coverage: mean number of patches that a pixel lies in.

    Raises:
        ValueError: If the precision is negative, or the mask has another size, other values, or zeros alone.
    """

    def __init__(
        self,
        start: Tensor,
        tiling: PatchTiling,
        phase_precision: float,
        phase_width: float = 8.0,
        percentile: float = 99.5,
        mask: Tensor | None = None,
    ) -> None:
        if not phase_precision >= 0:
            raise ValueError(f"`phase_precision` must not be negative, got {phase_precision}")
        self.size = (start.shape[-2], start.shape[-1])
        inside = torch.ones_like(start.real[:1]) if mask is None else mask.to(start.real)
        if inside.ndim != 4 or inside.shape[1:] != start.shape[1:] or len(inside) not in {1, len(start)}:
            raise ValueError(
                f"`mask` must be (1, 1, H, W) of the image's {self.size}, got {tuple(inside.shape)}"
            )
        if bool(((inside != 0) & (inside != 1)).any()):
            raise ValueError(
                f"`mask` must hold zeros and ones alone, got {inside.min():g} to {inside.max():g}"
            )
        if not bool(inside.flatten(1).any(dim=1).all()):
            raise ValueError("`mask` must be 1 somewhere in every slice, got zeros alone")
        self.tiling = tiling
        self.inside = inside
        magnitude = start.abs() * inside
        slopes = [IntensityRange.from_magnitude(one, percentile=percentile).slope for one in magnitude]
        self.slope = torch.tensor(slopes, dtype=start.real.dtype, device=start.device).view(-1, 1, 1, 1)
        self.rotation = torch.exp(1j * smooth_phase(start, phase_width))
        self.phase_precision = phase_precision
        self.coverage = float(tiling.coverage(self.size).mean())

    def noise_variance(self, std: float | Tensor | None, least: float) -> Tensor:
        """Express noise in the network's units: sigma^2 = (slope std)^2 / 2.

        Args:
            std: sqrt(E|n|^2) of each coil's noise, in the units of k-space, one number or (B,); None: not
                known.
            least: what the variance is where the noise has less, or is not known.

        Returns:
            sigma^2, variance of the real part of the noise and of its imaginary part, (B, 1, 1, 1).

        Raises:
            ValueError: If the noise is negative or not finite, or of another number of images.
        """
        if std is None:
            return torch.full_like(self.slope, least)
        stds = torch.as_tensor(std).to(self.slope).reshape(-1, 1, 1, 1)
        if not bool(((stds >= 0) & stds.isfinite()).all()) or len(stds) not in {1, len(self.slope)}:
            raise ValueError(
                f"`noise_std` must be finite, not negative, one number or one an image, got {std}"
            )
        return ((self.slope * stds).square() / 2).clamp_min(least)

    def patches(self, v: Tensor) -> Tensor:
        """Cut the part of slices that is in phase into patches, as the network wants them.

        Args:
            v: slices, (B, 1, H, W).

        Returns:
            Patches, background -1 (also outside the mask), (B n, 1, h, w).
        """
        return self._cut(v) + BACKGROUND

    def precision(self, v: Tensor, conditional: GaussianConditional) -> Tensor:
        """Apply the precision: that of the patches to a, that of the phase to b, 1 outside the mask.

        Args:
            v: slices, (B, 1, H, W).
            conditional: p(x | z) of the patches.

        Returns:
            Slices, (B, 1, H, W).
        """
        b = (v * self.rotation.conj()).imag * self.inside
        in_phase = self._put_back(conditional.precision(self._cut(v)))
        out_of_phase = 1j * self.phase_precision * b * self.rotation
        total: Tensor = in_phase + out_of_phase + (1 - self.inside) * v
        return total

    def information(self, conditional: GaussianConditional) -> Tensor:
        """Compute the precision times the mean.

        Args:
            conditional: p(x | z) of the patches.

        Returns:
            Slices, (B, 1, H, W).
        """
        return self._put_back(conditional.precision(conditional.mean - BACKGROUND))

    def draw(self, conditional: GaussianConditional, generator: torch.Generator) -> Tensor:
        """Draw noise whose covariance is the precision.

        Args:
            conditional: p(x | z) of the patches.
            generator: source of the draw.

        Returns:
            Slices, (B, 1, H, W).
        """
        noise = torch.randn(conditional.mean.shape, generator=generator).to(conditional.mean)
        rest = torch.randn(*self.rotation.shape, 2, generator=generator).to(conditional.mean)
        in_phase = self._put_back(conditional.draw_precision(noise)) * self.coverage**0.5
        b = self.phase_precision**0.5 * rest[..., 0] * self.inside
        outside = (1 - self.inside) * torch.view_as_complex(rest)
        drawn: Tensor = in_phase + 1j * b * self.rotation + outside
        return drawn

    def energy(self, v: Tensor, energies: Tensor) -> Tensor:
        """Add up what the prior says of slices, its constants left out.

        Args:
            v: slices, (B, 1, H, W).
            energies: -log p(x, z) of their patches, (B n,).

        Returns:
            The sum over the batch, a scalar.
        """
        b = (v * self.rotation.conj()).imag * self.inside
        outside = v.abs() * (1 - self.inside)
        rest = self.phase_precision * b.square().sum() + outside.square().sum()
        return energies.sum() / self.coverage + rest / 2

    def _cut(self, v: Tensor) -> Tensor:
        return self.tiling.extract((v * self.rotation.conj()).real * self.inside).flatten(0, 1)

    def _put_back(self, patches: Tensor) -> Tensor:
        grid = patches.view(len(self.rotation), -1, *patches.shape[1:])
        return self.tiling.adjoint(grid, self.size) * self.inside / self.coverage * self.rotation
