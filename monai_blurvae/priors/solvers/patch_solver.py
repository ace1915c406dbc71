"""What solvers with a prior of patches have in common: their settings, and how they begin."""

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from monai_blurvae.mri.data_term import DataTerm
from monai_blurvae.mri.encoding import CartesianEncoding
from monai_blurvae.mri.sense import first_image
from monai_blurvae.priors.patch_field import PatchField
from monai_blurvae.priors.tiling import PatchTiling
from monai_blurvae.priors.vae_prior import VAEPrior


class Problem(NamedTuple):
    """A reconstruction about to begin, in the network's units."""

    field: PatchField
    """How the prior sees the slices."""
    data: DataTerm
    """What was measured of them."""
    start: Tensor
    """The first slices, complex (B, 1, H, W)."""


class PatchSolver:
    """The settings of a solver; those that every solver explains stand in its own docstring.

    Args:
        prior: prior of patches.
        weight: least sigma^2, in the network's units, positive.
        iterations: the most to take, positive.
        cg_iterations: steps of conjugate gradients in each, positive.
        stride: step of the grid of patches, (rows, columns); None: half a patch.
        padding: "wrap" or "reflect".
        phase_precision: precision of the part of the image that is not in phase.
        phase_width: standard deviation of the low-pass filter behind the phase, in samples of k-space.
        percentile: of the magnitudes with signal, that which is 1 to the network.
        chunk: patches that pass through the network at once, positive.
        tolerance: relative change of the objective at which a solver has converged.

    Raises:
        ValueError: If a number that has to be positive is not.
    """

    def __init__(
        self,
        prior: VAEPrior,
        weight: float,
        iterations: int,
        cg_iterations: int,
        stride: Sequence[int] | None,
        padding: str,
        phase_precision: float,
        phase_width: float,
        percentile: float,
        chunk: int,
        tolerance: float,
    ) -> None:
        require_positive(weight=weight, iterations=iterations, cg_iterations=cg_iterations, chunk=chunk)
        self.prior = prior
        self.weight = weight
        self.iterations = iterations
        self.cg_iterations = cg_iterations
        self.tiling = PatchTiling(prior.patch_size, stride, padding)
        self.phase_precision = phase_precision
        self.phase_width = phase_width
        self.percentile = percentile
        self.chunk = chunk
        self.tolerance = tolerance

    def field(self, image: Tensor, mask: Tensor | None) -> PatchField:
        """Take phase and intensity range from an image.

        Args:
            image: complex (B, 1, H, W), in the units of k-space.
            mask: where the prior holds, (1, 1, H, W) of 0 and 1; None: everywhere.

        Returns:
            How the prior sees slices.
        """
        return PatchField(image, self.tiling, self.phase_precision, self.phase_width, self.percentile, mask)

    def begin(
        self,
        y: Tensor,
        encoding: CartesianEncoding,
        start: Tensor | None,
        mask: Tensor | None,
        noise_std: float | Tensor | None,
    ) -> Problem:
        """Check what a solver is given, and express it in the network's units.

        Args:
            y: complex k-space, (B, coils, H, W).
            encoding: E.
            start: complex images, (B, 1, H, W); that of SENSE if None.
            mask: where the prior holds, (1, 1, H, W) of 0 and 1; None: everywhere.
            noise_std: sqrt(E|n|^2) of each coil's noise, one number or (B,); None: sigma^2 is `weight`.

        Returns:
            The problem.

        Raises:
            ValueError: If the k-space does not fit the encoding or is smaller than a patch, or the start, the
                mask or the noise is not as stated.
        """
        if any(side < patch for side, patch in zip(encoding.image_size, self.prior.patch_size, strict=True)):
            raise ValueError(
                f"`y` must have sides of at least the prior's patch, {self.prior.patch_size}, got "
                f"{encoding.image_size}"
            )
        image = first_image(y, encoding, start, self.prior.noise.dtype)
        field = self.field(image, mask)
        data = DataTerm(y, encoding, field.slope, field.noise_variance(noise_std, self.weight))
        return Problem(field, data, image * field.slope)


def require_positive(**values: float) -> None:
    """Refuse settings that are not positive.

    Args:
        values: by name.

    Raises:
        ValueError: If one is not.
    """
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"`{name}` must be positive, got {value}")
