"""Robust: Barron's likelihood, between Cauchy and Gaussian, its shape and scale learned."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from monai_blurvae.checks import check_in, check_positive
from monai_blurvae.functional import at_least_float32, robust_negative_log_likelihood
from monai_blurvae.losses.base import ReconstructionLoss, check_same_shape
from monai_blurvae.shapes import Code, Image, PerImage

SPEED = 10.0
"""log c and logit(alpha / 2) are stored divided by this: Adam moves a parameter by about its learning rate a
step, however large the gradient, and these have to keep up with the residuals of a network."""


class RobustLoss(ReconstructionLoss):
    """The adaptive robust loss as a likelihood: p(x | z) = product of exp(-rho(r / c)) / (c Z(alpha)).

    r = x - x_hat. The shape alpha in (0, 2) and the scale c are learned, one of each for all values.
    The density is normalised, so ignoring errors does not pay: a heavier tail has a larger Z.

    In nats of a likelihood: with beta = 1 the objective is the ELBO.

    Args:
        shape: initial alpha, in (0, 2).
        scale: initial c, positive, in units of the images in [-1, 1].
        reduction: "mean" or "sum" over the images of a batch, or "none".

    Raises:
        ValueError: If `shape` or `scale` is out of its range.

    References:
        Barron, A General and Adaptive Robust Loss Function, CVPR 2019.

    Example:
        >>> loss = RobustLoss(shape=1.0, scale=0.1)
        >>> loss.shape.item(), round(loss.scale.item(), 4)
        (1.0, 0.1)
    """

    is_likelihood = True

    def __init__(self, shape: float = 1.0, scale: float = 0.1, reduction: str = "mean") -> None:
        super().__init__(reduction)
        check_in("(0, 2)", shape=shape)
        check_positive(scale=scale)
        self.slow_shape = nn.Parameter(torch.tensor(math.log(shape / (2 - shape)) / SPEED))
        self.slow_log_scale = nn.Parameter(torch.tensor(math.log(scale) / SPEED))

    @property
    def shape(self) -> Float[Tensor, ""]:
        """alpha, between 0 (Cauchy) and 2 (Gaussian), a scalar."""
        return 2 * torch.sigmoid(SPEED * self.slow_shape)

    @property
    def scale(self) -> Float[Tensor, ""]:
        """c, positive, a scalar."""
        return (SPEED * self.slow_log_scale).exp()

    def per_image(self, input: Image, target: Image, z: Code | None = None) -> PerImage:
        """Compute the negative log-likelihood at the learned shape and scale.

        Args:
            input: reconstructions, (B, ch, *size).
            target: images, (B, ch, *size).
            z: ignored.

        Returns:
            Negative log-likelihoods in nats, (B,).
        """
        del z
        check_same_shape(input, target)
        residual = at_least_float32(target) - at_least_float32(input)
        shape, scale = self.shape.to(residual.dtype), self.scale.to(residual.dtype)
        return robust_negative_log_likelihood(residual, shape, scale).flatten(1).sum(dim=1)

    def neg_log_likelihood(
        self, input: Image, target: Image, scale: float | Float[Tensor, ""], z: Code | None = None
    ) -> PerImage:
        """See `ScaledLikelihood`; `scale` is ignored, since this likelihood has learned its own."""
        del scale
        return self.per_image(input, target, z)
