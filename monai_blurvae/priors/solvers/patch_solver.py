"""Shared parts of solvers with a prior of patches: checks, the data term, the start and the result."""

from abc import abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor
from typing_extensions import override

from monai_blurvae.checks import check_at_least, check_integer, check_positive
from monai_blurvae.mri.conjugate_gradient import conjugate_gradient
from monai_blurvae.mri.encoding import CartesianEncoding
from monai_blurvae.mri.solver import (
    Progress,
    Reconstruction,
    Solver,
    Watch,
    checked_start,
)
from monai_blurvae.mri.total_variation import TotalVariation
from monai_blurvae.priors.slice_model import SliceModel, SliceSettings
from monai_blurvae.priors.vae_prior import VAEPrior

START_ITERATIONS = 100
"""Of the total variation image that solvers start from."""


class DataTerm:
    """1/2 ||E v - slope y||^2 / sigma^2 of slices v = slope x; `weight` is sigma^2, (B, 1, 1, 1)."""

    def __init__(self, y: Tensor, encoding: CartesianEncoding, slope: Tensor, weight: Tensor) -> None:
        self.encoding = encoding
        self.weight = weight
        self.measured = encoding.mask * y * slope
        self._adjoint = encoding.adjoint(self.measured)

    def energy(self, v: Tensor) -> Tensor:
        """Compute the term at slices v, complex (B, 1, H, W), summed over the batch."""
        misfit = self.encoding(v) - self.measured
        energy: Tensor = (misfit.abs().square() / (2 * self.weight)).sum()
        return energy

    def minimise_with(
        self, precision: Callable[[Tensor], Tensor], information: Tensor, start: Tensor, steps: int
    ) -> Tensor:
        """Minimise the term plus 1/2 v^H P v - Re v^H q, P the precision, q the information."""
        return conjugate_gradient(
            lambda v: self.encoding.normal(v) + self.weight * precision(v),
            self._adjoint + self.weight * information,
            start=start,
            iterations=steps,
        )


class PatchSolver(Solver):
    """A solver with a prior of patches. It starts from `first_image`, with its phase and intensity range.

    Args:
        prior: prior of patches.
        settings: how it is applied to slices; None: the defaults.
        weight: sigma^2, variance of the real part and of the imaginary part of the noise, in the network's
            units, positive. The smaller the weight, the closer the image is to the data. Where `noise_std` is
            given, the weight is the lower bound of sigma^2.
        iterations: the largest number of iterations, positive.
        tolerance: it has converged when the objective changes by less than this share; 0: never.

    Raises:
        ValueError: If the weight or a number of steps is not positive, or the tolerance negative, or the
            settings are something else.
    """

    has_prior = True
    channels: tuple[int, ...] = (1,)
    """Numbers of channels that its prior may have: 1, the part in phase; 2, real and imaginary part."""

    def __init__(
        self,
        prior: VAEPrior,
        settings: SliceSettings | None,
        weight: float,
        iterations: int,
        tolerance: float,
    ) -> None:
        check_positive(weight=weight)
        check_integer(1, iterations=iterations)
        check_at_least(0, tolerance=tolerance)
        if not isinstance(settings, SliceSettings | None):
            raise ValueError(f"`settings` must be SliceSettings or None, got {settings!r}")
        if prior.network.channels not in self.channels:
            raise ValueError(
                f"`prior` must have {' or '.join(map(str, self.channels))} channel(s) for "
                f"{type(self).__name__}, got {prior.network.channels}"
            )
        self.prior = prior
        self.settings = SliceSettings() if settings is None else settings
        self.tiling = self.settings.tiling(prior.patch_size)  # refuses a stride larger than the patch
        self.weight = weight
        self.iterations = iterations
        self.tolerance = tolerance

    @property
    @override
    def least_size(self) -> tuple[int, int]:
        rows, columns = self.prior.patch_size
        return (rows, columns)

    def model(self, start: Tensor, mask: Tensor | None) -> SliceModel:
        """Take phase and intensity range from an image, complex (B, 1, H, W): the prior of the slices."""
        return SliceModel(start, self.prior.patch_size, self.settings, mask, self.prior.network.channels)

    @override
    def reconstruct(
        self,
        y: Tensor,
        encoding: CartesianEncoding,
        *,
        start: Tensor | None = None,
        mask: Tensor | None = None,
        noise_std: float | Tensor | None = None,
        watch: Watch | None = None,
    ) -> Reconstruction:
        if any(side < patch for side, patch in zip(encoding.image_size, self.least_size, strict=True)):
            raise ValueError(
                f"`y` must have sides of at least the prior's patch, {self.least_size}, got "
                f"{encoding.image_size}"
            )
        encoding.check_kspace(y)
        wanted = self.prior.noise.dtype.to_complex()
        for name, tensor in (("y", y), ("coil_maps", encoding.coil_maps), ("start", start)):
            if tensor is not None and torch.promote_types(tensor.dtype, wanted) != wanted:
                raise ValueError(
                    f"`{name}` must not be more precise than the prior, {wanted}, got {tensor.dtype}: "
                    f"give `{name}.to({wanted})`"
                )
        image = first_image(y, encoding) if start is None else checked_start(start, y, encoding)
        model = self.model(image, mask)
        data = DataTerm(y, encoding, model.slope, model.noise_variance(noise_std, self.weight))
        progress = Progress(self.iterations, self.tolerance, watch)
        v, latents = self._solve(model, data, image * model.slope, progress)
        weight = data.weight.flatten()
        return Reconstruction(
            v / model.slope, progress.stopped, progress.objective, weight, latents, image, mask
        )

    @abstractmethod
    def _solve(
        self, model: SliceModel, data: DataTerm, v: Tensor, progress: Progress
    ) -> tuple[Tensor, Tensor | None]:
        # slices in the network's units from the first ones, v, and the latents where they are found
        ...


def first_image(y: Tensor, encoding: CartesianEncoding) -> Tensor:
    """Reconstruct by total variation: less aliasing than by SENSE, in the phase as well."""
    return TotalVariation(iterations=START_ITERATIONS).reconstruct(y, encoding).image
