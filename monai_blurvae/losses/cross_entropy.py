"""Cross-entropy: a Bernoulli term on [0, 1]."""

from monai_blurvae.functional import at_least_float32
from monai_blurvae.losses.base import ReconstructionLoss, check_same_shape
from monai_blurvae.shapes import Code, Image, PerImage

SMALLEST_PROBABILITY = 1e-6
"""Probabilities keep this distance from 0 and 1, where the logarithm is infinite."""


class CrossEntropyLoss(ReconstructionLoss):
    """Binary cross-entropy of t = (x + 1) / 2 and p = (x_hat + 1) / 2: -sum of t log p + (1 - t) log(1 - p).

    It is not a likelihood of continuous values, so it has no bits per dimension.

    Example:
        >>> import math, torch
        >>> grey = torch.zeros(1, 1, 2, 2)  # p = 1/2 costs log 2 per pixel for any image
        >>> CrossEntropyLoss()(grey, torch.ones(1, 1, 2, 2)) / math.log(2)
        tensor(4.)
    """

    def per_image(self, input: Image, target: Image, z: Code | None = None) -> PerImage:
        """Compare reconstructions with images.

        Args:
            input: reconstructions, (B, ch, *size) in [-1, 1].
            target: images, (B, ch, *size) in [-1, 1].
            z: ignored.

        Returns:
            Cross-entropies in nats, (B,).
        """
        del z
        check_same_shape(input, target)
        t = (at_least_float32(target) + 1) / 2
        p = ((at_least_float32(input) + 1) / 2).clamp(SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
        return -(t * p.log() + (1 - t) * (-p).log1p()).flatten(1).sum(dim=1)
