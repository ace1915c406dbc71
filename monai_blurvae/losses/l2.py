"""L2: a Gaussian likelihood with identity covariance."""

from collections.abc import Sequence

import torch

from monai_blurvae.functional import Weights, at_least_float32
from monai_blurvae.losses.scaled import Energy, GaussianLikelihood, squared_error
from monai_blurvae.shapes import Code, Image, PerImage


class L2Loss(GaussianLikelihood):
    """Squared error as a likelihood: x | z ~ Normal(x_hat, s^2 I), E = || x - x_hat ||^2.

    Args:
        scale: s, positive, or "optimal" for the batch's s^2 = mean(E) / D.
        reduction: "mean" or "sum" over the images of a batch, or "none".

    Example:
        >>> x = torch.ones(2, 1, 4, 4)
        >>> L2Loss().energy(0 * x, x).error
        tensor([16., 16.])
    """

    def weights(self, size: Sequence[int], z: Code | None = None) -> Weights:
        """See `GaussianLikelihood`: ones."""
        del z
        return torch.ones(1, *size[:-1], size[-1] // 2 + 1)

    def likelihood_energy(self, input: Image, target: Image, z: Code | None = None) -> Energy:
        """See `ScaledLikelihood`; no transform is needed."""
        del z
        return squared_error(input, target)

    def error_map(self, input: Image, target: Image, z: Code | None = None) -> Image:
        """See `ScaledLikelihood`; no transform is needed."""
        del z
        return (at_least_float32(target) - at_least_float32(input)).square()

    def table6_bound(self, input: Image, target: Image, z: Code | None = None) -> PerImage:
        """Compute the paper's table 6 figure without the KL: half the squared error (s = 1, no 2 pi).

        Args:
            input: reconstructions x_hat, (B, ch, *size).
            target: images x, (B, ch, *size).
            z: ignored.

        Returns:
            The figure, (B,).
        """
        del z
        return squared_error(input, target).error / 2
