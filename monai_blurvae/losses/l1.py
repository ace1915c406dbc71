"""L1: a Laplace likelihood."""

import torch

from monai_blurvae.functional import at_least_float32
from monai_blurvae.losses.scaled import Energy, ScaledLikelihood
from monai_blurvae.shapes import Code, Image


class L1Loss(ScaledLikelihood):
    """Absolute error as a likelihood: x | z ~ Laplace(x_hat, s), E = sum of abs(x - x_hat).

    Args:
        scale: s, positive, or "optimal" for the batch's s = mean(E) / D.
        reduction: "mean" or "sum" over the images of a batch, or "none".

    Example:
        >>> x = torch.ones(2, 1, 4, 4)
        >>> L1Loss().energy(0.5 * x, x).error
        tensor([8., 8.])
    """

    exponent = 1

    def energy(self, input: Image, target: Image, z: Code | None = None) -> Energy:
        """See `ScaledLikelihood`; the Laplace distribution needs no determinant."""
        error = self.error_map(input, target, z).flatten(1).sum(dim=1)
        return Energy(error, torch.zeros_like(error))

    def error_map(self, input: Image, target: Image, z: Code | None = None) -> Image:
        """See `ScaledLikelihood`: abs(x - x_hat)."""
        del z
        return (at_least_float32(target) - at_least_float32(input)).abs()
