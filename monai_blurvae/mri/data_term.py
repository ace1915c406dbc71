"""What was measured of slices, as a term of their posterior: 1/2 ||E x - y||^2 / sigma^2."""

from collections.abc import Callable

from torch import Tensor

from monai_blurvae.mri.conjugate_gradient import conjugate_gradient
from monai_blurvae.mri.encoding import CartesianEncoding


class DataTerm:
    """1/2 ||E v - slope y||^2 / sigma^2 of slices v = slope x, over the sampled frequencies.

    Args:
        y: complex k-space, (B, coils, H, W).
        encoding: E.
        slope: network units per unit of k-space, (B, 1, 1, 1).
        weight: sigma^2 in the network's units, (B, 1, 1, 1), positive.
    """

    def __init__(self, y: Tensor, encoding: CartesianEncoding, slope: Tensor, weight: Tensor) -> None:
        self.encoding = encoding
        self.weight = weight
        self.measured = encoding.mask * y * slope
        self._adjoint = encoding.adjoint(self.measured)

    def energy(self, v: Tensor) -> Tensor:
        """Compute the term.

        Args:
            v: slices, complex (B, 1, H, W).

        Returns:
            The sum over the batch, a scalar.
        """
        misfit = self.encoding(v) - self.measured
        return (misfit.abs().square() / (2 * self.weight)).sum()

    def minimise_with(
        self, precision: Callable[[Tensor], Tensor], information: Tensor, start: Tensor, steps: int
    ) -> Tensor:
        """Minimise the term plus 1/2 v^H P v - Re v^H q, by conjugate gradients.

        Args:
            precision: P, Hermitian and positive semidefinite.
            information: q, complex (B, 1, H, W).
            start: where to start, complex (B, 1, H, W).
            steps: the most steps to take.

        Returns:
            Slices v, complex (B, 1, H, W).
        """
        return conjugate_gradient(
            lambda v: self.encoding.normal(v) + self.weight * precision(v),
            self._adjoint + self.weight * information,
            start=start,
            iterations=steps,
        )
