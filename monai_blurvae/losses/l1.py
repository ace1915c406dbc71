"""L1: a Laplace likelihood."""

import torch

from monai_blurvae.functional import at_least_float32
from monai_blurvae.losses.scaled import Energy, ScaledLikelihood
from monai_blurvae.shapes import Image, Kernel


class L1Loss(ScaledLikelihood):
    """Absolute error as a likelihood: x | z ~ Laplace(x_hat, s), E = sum of abs(x - x_hat).

    Args:
        scale: s, positive, or "optimal" for the batch's s = mean(E) / D.

    Example:
        >>> x = torch.ones(2, 1, 4, 4)
        >>> L1Loss().energy(0.5 * x, x).error
        tensor([8., 8.])
    """

    exponent = 1

    def energy(self, x_hat: Image, x: Image, kernel: Kernel | None = None) -> Energy:  # noqa: ARG002
        """Compute the absolute error; the Laplace distribution needs no determinant.

        Args:
            x_hat: reconstructions, (B, ch, *size).
            x: images, (B, ch, *size).
            kernel: ignored.

        Returns:
            Absolute error and zeros, each (B,).
        """
        error = (at_least_float32(x) - at_least_float32(x_hat)).abs().flatten(1).sum(dim=1)
        return Energy(error, torch.zeros_like(error))

    def error_map(self, x_hat: Image, x: Image, kernel: Kernel | None = None) -> Image:  # noqa: ARG002
        """Compute the absolute error of each value.

        Args:
            x_hat: reconstructions, (B, ch, *size).
            x: images, (B, ch, *size).
            kernel: ignored.

        Returns:
            abs(x - x_hat), (B, ch, *size).
        """
        return (at_least_float32(x) - at_least_float32(x_hat)).abs()
