"""p(x | z) of patches: a Gaussian with a mean and a precision."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from monai_blurvae.functional import Weights, circulant_filter
from monai_blurvae.shapes import Image


@dataclass(frozen=True)
class GaussianConditional:
    """x | z ~ Normal(mean, Lambda^-1), Lambda = G^-1 C G^-1, C circulant and G diagonal.

    Args:
        mean: decoded means, (B, ch, h, w).
        eigenvalues: of C, on the half spectrum, zero frequency first, (B or 1, h, w // 2 + 1), positive: the
            likelihood's weights divided by s^2.
        inverse_g: 1 / g of every pixel, (B, ch, h, w); ones where all pixels have the same scale.
    """

    mean: Image
    eigenvalues: Weights
    inverse_g: Image

    @classmethod
    def cat(cls, parts: Sequence["GaussianConditional"]) -> "GaussianConditional":
        """Put the conditionals of several chunks of patches together."""
        return cls(
            torch.cat([part.mean for part in parts]),
            torch.cat([part.eigenvalues for part in parts]),
            torch.cat([part.inverse_g for part in parts]),
        )

    def precision(self, r: Image) -> Image:
        """Apply Lambda to residuals x - mean: the derivative of -log p(x | z) to x, (B, ch, h, w)."""
        return circulant_filter(r * self.inverse_g, self.eigenvalues) * self.inverse_g

    def draw_precision(self, noise: Image) -> Image:
        """Turn white noise, (B, ch, h, w), into noise whose covariance is Lambda: G^-1 C^1/2 noise."""
        return circulant_filter(noise, self.eigenvalues.sqrt()) * self.inverse_g
