"""Reconstructions without a trained prior: zero-filled, and SENSE by conjugate gradients."""

from abc import abstractmethod

import numpy as np
import torch
from torch import Tensor
from typing_extensions import override

from monai_blurvae.checks import check_at_least, check_integer
from monai_blurvae.mri.conjugate_gradient import conjugate_gradient
from monai_blurvae.mri.encoding import CartesianEncoding, check_tensor
from monai_blurvae.mri.solver import Reconstruction, Solver, Watch, checked_noise_std, checked_start

START_WEIGHT = 1e-3
"""Weight of the SENSE image from which other methods take their start, intensity range and phase."""

PERCENTILE = 99.5
"""Percentile of the pixels with signal. It lies below the maximum, which may belong to a single vessel."""

BACKGROUND = 0.05
"""Pixels below this share of the largest magnitude are background."""


class ClassicalSolver(Solver):
    """A method whose only assumption about images is a penalty with a weight.

    Args:
        weight: weight of the penalty, without unit, at least 0.
        iterations: the largest number of iterations.

    Raises:
        ValueError: If a number is negative.
    """

    def __init__(self, weight: float, iterations: int) -> None:
        check_at_least(0, weight=weight)
        check_integer(0, iterations=iterations)
        self.weight = weight
        self.iterations = iterations

    @override
    @torch.no_grad()
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
        if mask is not None:
            check_tensor(mask=mask)
            raise ValueError(
                f"`mask` must be left out, {type(self).__name__} has no prior, got {tuple(mask.shape)}"
            )
        encoding.check_kspace(y)
        if noise_std is not None:
            checked_noise_std(noise_std, y)
        found = self._solve(y, encoding, None if start is None else checked_start(start, y, encoding), watch)
        return found._replace(weight=torch.full((len(y),), float(self.weight)))

    @abstractmethod
    def _solve(
        self, y: Tensor, encoding: CartesianEncoding, start: Tensor | None, watch: Watch | None
    ) -> Reconstruction:
        # reconstruct what has been checked
        ...


class ZeroFilled(ClassicalSolver):
    """Give E^H y, with missing samples taken as 0. It takes `weight` and `iterations`, but both must be 0."""

    def __init__(self, weight: float = 0.0, iterations: int = 0) -> None:
        for name, value in (("weight", weight), ("iterations", iterations)):
            if value != 0:
                raise ValueError(f"`{name}` must be 0 for zero-filling, which has none, got {value}")
        super().__init__(weight, iterations)

    @override
    def _solve(
        self, y: Tensor, encoding: CartesianEncoding, start: Tensor | None, watch: Watch | None
    ) -> Reconstruction:
        return Reconstruction(encoding.adjoint(y))


class CGSense(ClassicalSolver):
    """Minimise 1/2 ||E x - y||^2 + weight / 2 ||x||^2 by conjugate gradients.

    The problem scales with y. E's singular values do not exceed 1 where the coil maps are normalised, so a
    weight has the same effect on every image. Few iterations regularise too. With one coil and no weight the
    result is the zero-filled image. The objective is not computed.

    Args:
        weight, iterations: as for `ClassicalSolver`.
        tolerance: relative residual at which an image has converged.

    References:
        Pruessmann, Weiger, Börnert, Boesiger, Advances in sensitivity encoding with arbitrary k-space
        trajectories, Magnetic Resonance in Medicine 46, 2001.

    Example:
        >>> E = CartesianEncoding(torch.ones(4, 4))
        >>> x = torch.randn(1, 1, 4, 4, dtype=torch.complex64)
        >>> bool(torch.allclose(CGSense(weight=1.0).reconstruct(E(x), E).image, x / 2, atol=1e-6))
        True
    """

    def __init__(self, weight: float = 1e-2, iterations: int = 50, tolerance: float = 1e-5) -> None:
        super().__init__(weight, iterations)
        check_at_least(0, tolerance=tolerance)
        self.tolerance = tolerance

    @override
    def _solve(
        self, y: Tensor, encoding: CartesianEncoding, start: Tensor | None, watch: Watch | None
    ) -> Reconstruction:
        image = conjugate_gradient(
            lambda x: encoding.normal(x) + self.weight * x,
            encoding.adjoint(y),
            start=start,
            iterations=self.iterations,
            tolerance=self.tolerance,
        )
        return Reconstruction(image)


def sense_start(y: Tensor, encoding: CartesianEncoding) -> Tensor:
    """Compute the SENSE image from which methods with a prior start, complex (B, 1, H, W)."""
    return CGSense(START_WEIGHT).reconstruct(y, encoding).image


def signal_scale(x: Tensor) -> Tensor:
    """Measure the brightness of images: the 99.5th percentile of the magnitudes of pixels with signal.

    Pixels below a twentieth of the largest magnitude do not count, so the field of view has no influence.

    Args:
        x: complex or real images, (B, 1, H, W), such as E^H y.

    Returns:
        Scales, (B, 1, 1, 1), real, in the units of x.

    Raises:
        ValueError: If an image is zero everywhere.
    """
    magnitudes = x.abs().flatten(1)
    largest = magnitudes.max(dim=1).values
    if bool((largest == 0).any()):
        raise ValueError(f"`x` must hold signal, got {int((largest == 0).sum())} of {len(x)} images all zero")
    scales = [
        np.percentile(magnitude[magnitude >= BACKGROUND * peak].detach().cpu().numpy(), PERCENTILE)
        for magnitude, peak in zip(magnitudes, largest, strict=True)
    ]
    return magnitudes.new_tensor(scales)[:, None, None, None]
