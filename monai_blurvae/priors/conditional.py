"""p(x | z) of patches as what it is: a Gaussian with a mean and a precision."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from monai_blurvae.losses import ScaledLikelihood
from monai_blurvae.shapes import Image, Kernel


@dataclass(frozen=True)
class GaussianConditional:
    """x | z ~ Normal(mean, Lambda^-1), Lambda = G^-1 C G^-1, C circulant and G diagonal.

    Args:
        mean: decoded means, (B, ch, h, w).
        eigenvalues: of C, on the half spectrum, zero frequency first, (B, 1, h, w // 2 + 1), not negative.
        inverse_g: 1 / g of every pixel, (B, ch, h, w); ones where all pixels have the same scale.
    """

    mean: Image
    eigenvalues: Float[Tensor, "B 1 h half"]
    inverse_g: Image

    @classmethod
    def of(
        cls, loss: ScaledLikelihood, mean: Image, kernel: Kernel | None, scale: Tensor, log_g: Image | None
    ) -> "GaussianConditional":
        """Read the covariance off a likelihood: the derivative of its error at a unit impulse.

        Args:
            loss: a Gaussian likelihood whose covariance is circulant, as that of all of them here is.
            mean: decoded means, (B, ch, h, w).
            kernel: their blur kernels, (B, *kernel), for likelihoods that need them.
            scale: s of the likelihood.
            log_g: logarithm of every pixel's scale, (B, ch, h, w); None: 0.

        Returns:
            The conditional.

        Raises:
            ValueError: If the likelihood is not Gaussian.
        """
        if loss.exponent != 2:
            raise ValueError(
                f"`loss` must be a Gaussian likelihood to have a precision, got {type(loss).__name__}"
            )
        impulse = torch.zeros_like(mean[:, :1])
        impulse[..., 0, 0] = 1
        with torch.enable_grad():
            impulse.requires_grad_()
            error = loss.likelihood_energy(torch.zeros_like(impulse), impulse, kernel).error
            (column,) = torch.autograd.grad(error.sum(), impulse)
        eigenvalues = torch.fft.rfft2(column / (2 * scale**2)).real.clamp_min(0)
        inverse_g = torch.ones_like(mean) if log_g is None else torch.exp(-log_g)
        return cls(mean, eigenvalues, inverse_g)

    @classmethod
    def cat(cls, parts: Sequence["GaussianConditional"]) -> "GaussianConditional":
        """Put the conditionals of several chunks of patches together.

        Args:
            parts: at least one.

        Returns:
            Their conditional.
        """
        return cls(
            torch.cat([part.mean for part in parts]),
            torch.cat([part.eigenvalues for part in parts]),
            torch.cat([part.inverse_g for part in parts]),
        )

    def precision(self, r: Image) -> Image:
        """Apply Lambda.

        Args:
            r: residuals x - mean, (B, ch, h, w).

        Returns:
            Lambda r, the derivative of -log p(x | z) to x, (B, ch, h, w).
        """
        return self._filter(r * self.inverse_g, self.eigenvalues) * self.inverse_g

    def draw_precision(self, noise: Image) -> Image:
        """Turn white noise into noise whose covariance is Lambda: G^-1 C^1/2 noise.

        Args:
            noise: standard normal, (B, ch, h, w).

        Returns:
            Noise, (B, ch, h, w).
        """
        return self._filter(noise, self.eigenvalues.sqrt()) * self.inverse_g

    @staticmethod
    def _filter(image: Image, transfer: Tensor) -> Image:
        filtered: Tensor = torch.fft.irfft2(torch.fft.rfft2(image) * transfer, s=image.shape[-2:])
        return filtered
