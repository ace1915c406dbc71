"""L2: a Gaussian likelihood with identity covariance."""

import torch

from monai_blurvae.functional import at_least_float32
from monai_blurvae.losses.base import check_same_shape
from monai_blurvae.losses.scaled import Energy, ScaledLikelihood
from monai_blurvae.shapes import Image, Kernel, PerImage


class L2Loss(ScaledLikelihood):
    """Squared error as a likelihood: x | z ~ Normal(x_hat, s^2 I), E = || x - x_hat ||^2.

    Args:
        scale: s, positive, or "optimal" for the batch's s^2 = mean(E) / D.

    Example:
        >>> x = torch.ones(2, 1, 4, 4)
        >>> L2Loss().energy(0 * x, x).error
        tensor([16., 16.])
    """

    def energy(self, x_hat: Image, x: Image, kernel: Kernel | None = None) -> Energy:  # noqa: ARG002
        """Compute the squared error; the covariance is the identity, its log-determinant 0.

        Args:
            x_hat: reconstructions, (B, ch, *size).
            x: images, (B, ch, *size).
            kernel: ignored.

        Returns:
            Squared error and zeros, each (B,).
        """
        error = (at_least_float32(x) - at_least_float32(x_hat)).square().flatten(1).sum(dim=1)
        return Energy(error, torch.zeros_like(error))

    def error_map(self, x_hat: Image, x: Image, kernel: Kernel | None = None) -> Image:  # noqa: ARG002
        """Compute the squared error of each value.

        Args:
            x_hat: reconstructions, (B, ch, *size).
            x: images, (B, ch, *size).
            kernel: ignored.

        Returns:
            (x - x_hat)^2, (B, ch, *size).
        """
        return (at_least_float32(x) - at_least_float32(x_hat)).square()

    def table6_bound(self, x_hat: Image, x: Image, kernel: Kernel | None = None) -> PerImage:
        """Compute the paper's table 6 figure without the KL: E / 2, no 2 pi term, s = 1.

        Args:
            x_hat: reconstructions, (B, ch, *size).
            x: images, (B, ch, *size).
            kernel: ignored.

        Returns:
            E / 2, (B,).
        """
        check_same_shape(x_hat, x)
        return self.energy(x_hat, x, kernel).error / 2
