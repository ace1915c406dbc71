"""The distance between feature maps that perceptual similarity uses."""

from jaxtyping import Float
from torch import Tensor

from monai_blurvae.shapes import Image, PerImage

EPSILON = 1e-8
"""Added to a pixel's squared length: where all its features are 0, division by it has no derivative."""


def feature_distance(features_hat: Image, features: Image, weights: Float[Tensor, "ch"]) -> PerImage:  # noqa: F821
    """Compare features as directions: mean over pixels of sum of weight (f_hat/|f_hat| - f/|f|)^2.

    The sum runs over channels.

    Args:
        features_hat: features of the reconstructions, (B, ch, *size).
        features: features of the images, (B, ch, *size).
        weights: one per channel, (ch,).

    Returns:
        Distances, (B,).

    References:
        Zhang, Isola, Efros, Shechtman, Wang, The Unreasonable Effectiveness of Deep Features as a Perceptual
        Metric, CVPR 2018, equation 1.

    Example:
        >>> import torch
        >>> up, right = torch.tensor([0.0, 3.0]), torch.tensor([2.0, 0.0])  # at right angles, of any length
        >>> feature_distance(up.reshape(1, 2, 1, 1), right.reshape(1, 2, 1, 1), torch.ones(2))
        tensor([2.])
    """
    difference = _directions(features_hat) - _directions(features)
    weighted = difference.square() * weights.reshape(-1, *[1] * (features.ndim - 2))
    return weighted.sum(dim=1).flatten(1).mean(dim=1)


def _directions(features: Tensor) -> Tensor:
    """Divide each pixel's features by their length."""
    directions: Tensor = features / (features.square().sum(dim=1, keepdim=True) + EPSILON).sqrt()
    return directions
