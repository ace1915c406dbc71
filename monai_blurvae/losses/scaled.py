"""Likelihoods with a scale s, fixed or the batch's best in closed form."""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, distributed

from monai_blurvae.functional import negative_log_likelihood, optimal_scale
from monai_blurvae.losses.base import ReconstructionLoss, check_same_shape
from monai_blurvae.shapes import Image, Kernel, PerImage


class Energy(NamedTuple):
    """What a likelihood says of each image at scale 1."""

    error: PerImage
    """E, squared (Gaussian) or absolute (Laplace) error summed over the image, (B,)."""

    half_log_determinant: PerImage
    """1/2 log det Sigma in nats, (B,)."""


class ScaledLikelihood(ReconstructionLoss):
    """A likelihood of scale s, which adds D log s and divides the error by s^p.

    The scale "optimal" is s^p = mean(E) / D over the batch, and over all ranks' batches where
    torch.distributed runs (every rank must call the loss then). It carries no gradient: at the optimum that
    changes nothing.

    Args:
        scale: s, positive, or "optimal".

    Raises:
        ValueError: If `scale` is neither positive nor "optimal".

    References:
        Rybkin, Daniilidis, Levine, Simple and Effective VAE Training with Calibrated Decoders, ICML 2021.
    """

    is_likelihood = True

    exponent: int = 2
    """p, 2 for a Gaussian, 1 for a Laplace distribution."""

    def __init__(self, scale: float | str = "optimal") -> None:
        super().__init__()
        if scale != "optimal" and not (isinstance(scale, int | float) and 0 < scale < math.inf):
            raise ValueError(f'`scale` must be a positive number or "optimal", got {scale!r}')
        self.scale = scale

    def energy(self, x_hat: Image, x: Image, kernel: Kernel | None = None) -> Energy:
        """Compute the error and the determinant that training minimises.

        Args:
            x_hat: reconstructions, (B, ch, *size).
            x: images, (B, ch, *size).
            kernel: one blur kernel an image, (B, *kernel), for likelihoods that need it.

        Returns:
            Error and half the log-determinant, each (B,).

        Raises:
            NotImplementedError: If a subclass does not define it.
        """
        raise NotImplementedError

    def likelihood_energy(self, x_hat: Image, x: Image, kernel: Kernel | None = None) -> Energy:
        """Compute the error and the exact determinant, where training uses another.

        Args:
            x_hat: reconstructions, (B, ch, *size).
            x: images, (B, ch, *size).
            kernel: one blur kernel an image, (B, *kernel), for likelihoods that need it.

        Returns:
            Error and half the log-determinant, each (B,).
        """
        return self.energy(x_hat, x, kernel)

    def error_map(self, x_hat: Image, x: Image, kernel: Kernel | None = None) -> Image:
        """Spread the error over the pixels: terms, none negative, that sum to E over an image.

        Args:
            x_hat: reconstructions, (B, ch, *size).
            x: images, (B, ch, *size).
            kernel: one blur kernel an image, (B, *kernel), for likelihoods that need it.

        Returns:
            The squares (absolute values for p = 1) of the error, whitened where values are correlated,
            (B, ch, *size).

        Raises:
            NotImplementedError: If a subclass does not define it.
        """
        raise NotImplementedError

    def batch_scale(self, error: PerImage, dimensions: int) -> Float[Tensor, ""]:
        """Give the scale that the batch is judged with.

        Args:
            error: E of each image, (B,).
            dimensions: number of values in an image, D.

        Returns:
            s, a scalar without gradient.
        """
        if isinstance(self.scale, str):
            return optimal_scale(mean_over_ranks(error.detach()), dimensions, self.exponent)
        return error.new_tensor(self.scale)

    def nll(self, energy: Energy, dimensions: int) -> PerImage:
        """Turn error and determinant into the term that training minimises.

        Args:
            energy: what `energy` returned.
            dimensions: number of values in an image, D.

        Returns:
            Negative log-likelihoods in nats, (B,).
        """
        scale = self.batch_scale(energy.error, dimensions)
        return negative_log_likelihood(*energy, dimensions, scale, self.exponent)

    def forward(self, x_hat: Image, x: Image, kernel: Kernel | None = None) -> PerImage:
        """Compute the negative log-likelihood that training minimises.

        Args:
            x_hat: reconstructions, (B, ch, *size).
            x: images, (B, ch, *size).
            kernel: one blur kernel an image, (B, *kernel), for likelihoods that need it.

        Returns:
            Negative log-likelihoods in nats, (B,).
        """
        check_same_shape(x_hat, x)
        return self.nll(self.energy(x_hat, x, kernel), x[0].numel())

    def neg_log_likelihood(
        self,
        x_hat: Image,
        x: Image,
        kernel: Kernel | None,
        scale: float | Float[Tensor, ""],
        log_g: Image | None = None,
    ) -> PerImage:
        """Compute the true negative log-likelihood at a given scale, with the exact determinant.

        With log g the covariance is s^2 G Sigma G, G = diag(g): every pixel has a scale of its own.

        Args:
            x_hat: reconstructions, (B, ch, *size).
            x: images, (B, ch, *size).
            kernel: one blur kernel an image, (B, *kernel), for likelihoods that need it.
            scale: s, positive, fitted on training data.
            log_g: logarithm of every pixel's scale, (B, ch, *size); None: 0.

        Returns:
            Negative log-likelihoods in nats, (B,).
        """
        check_same_shape(x_hat, x)
        if log_g is not None:
            inverse_g = torch.exp(-log_g)
            x_hat, x = x_hat * inverse_g, x * inverse_g
        energy = self.likelihood_energy(x_hat, x, kernel)
        nll = negative_log_likelihood(*energy, x[0].numel(), scale, self.exponent)
        return nll if log_g is None else nll + log_g.flatten(1).sum(dim=1)


def mean_over_ranks(values: Float[Tensor, "B ..."]) -> Float[Tensor, "..."]:
    """Average over the images of every rank.

    Args:
        values: one number, or one array of numbers, an image, (B, ...).

    Returns:
        The mean, (...).
    """
    if not (distributed.is_available() and distributed.is_initialized()):
        return values.mean(dim=0)
    total, images = values.sum(dim=0), values.new_tensor(len(values))
    distributed.all_reduce(total)
    distributed.all_reduce(images)
    return total / images
