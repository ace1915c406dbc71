"""Likelihoods with a scale s, and Gaussians that are described by their precision.

In each training step `batch_scale` fits s to the batch. At the start of each validation `handlers.ScaleFit`
fits it to four fixed training batches (`training/fit_scale.py`) and keeps it in `network.scale`, which
the weights contain. Metrics, ELBO table and priors pass that scale to `neg_log_likelihood`.
A scale network (`networks.PixelScale`, fitted by `priors.fit_pixel_scale`) adds `log_g` for each pixel.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, distributed

from monai_blurvae.functional import (
    ImageSpectrum,
    Weights,
    at_least_float32,
    exact_half_log_determinant,
    half_spectrum,
    negative_log_likelihood,
    optimal_scale,
    spectral_weighted_error,
    whitened_error,
)
from monai_blurvae.losses.base import ReconstructionLoss, Terms, check_same_shape
from monai_blurvae.shapes import Code, Image, PerImage


class Energy(NamedTuple):
    """Error and determinant of each image at scale 1."""

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
        reduction: "mean" or "sum" over the images of a batch, or "none".

    Raises:
        ValueError: If `scale` is neither positive nor "optimal".

    References:
        Rybkin, Daniilidis, Levine, Simple and Effective VAE Training with Calibrated Decoders, ICML 2021.
    """

    is_likelihood = True

    exponent: int = 2
    """p, 2 for a Gaussian, 1 for a Laplace distribution."""

    def __init__(self, scale: float | str = "optimal", reduction: str = "mean") -> None:
        super().__init__(reduction)
        is_number = isinstance(scale, int | float) and not isinstance(scale, bool)
        if scale != "optimal" and not (is_number and 0 < float(scale) < math.inf):
            raise ValueError(f'`scale` must be a positive number or "optimal", got {scale!r}')
        self.scale = scale

    def energy(self, input: Image, target: Image, z: Code | None = None) -> Energy:
        """Compute the error and the determinant that training minimises.

        Args:
            input: reconstructions x_hat, (B, ch, *size).
            target: images x, (B, ch, *size).
            z: latents, (B, *latent), for likelihoods that need them.

        Returns:
            Error and half the log-determinant, each (B,).

        Raises:
            NotImplementedError: If a subclass does not define it.
        """
        raise NotImplementedError

    def likelihood_energy(self, input: Image, target: Image, z: Code | None = None) -> Energy:
        """Compute the error and the exact determinant, also where training uses another form.

        Args:
            input: reconstructions x_hat, (B, ch, *size).
            target: images x, (B, ch, *size).
            z: latents, (B, *latent), for likelihoods that need them.

        Returns:
            Error and half the log-determinant, each (B,).
        """
        return self.energy(input, target, z)

    def error_map(self, input: Image, target: Image, z: Code | None = None) -> Image:
        """Spread the error over the pixels, as terms of at least 0 that sum to E per image.

        Args:
            input: reconstructions x_hat, (B, ch, *size).
            target: images x, (B, ch, *size).
            z: latents, (B, *latent), for likelihoods that need them.

        Returns:
            The squares (absolute values for p = 1) of the error, whitened where values are correlated,
            (B, ch, *size).

        Raises:
            NotImplementedError: If a subclass does not define it.
        """
        raise NotImplementedError

    def batch_scale(self, error: PerImage, dimensions: int) -> Float[Tensor, ""]:
        """Give the scale to use for the batch.

        Args:
            error: E of each image, (B,).
            dimensions: number of values per image, D.

        Returns:
            s, a scalar without gradient.
        """
        if isinstance(self.scale, str):
            return optimal_scale(mean_over_ranks(error.detach()), dimensions, self.exponent)
        return error.new_tensor(self.scale)

    def per_image(self, input: Image, target: Image, z: Code | None = None) -> PerImage:
        """See `ReconstructionLoss`: the negative log-likelihood that training minimises."""
        return self.terms(input, target, z).nll

    def terms(self, input: Image, target: Image, z: Code | None = None, warming_up: bool = False) -> Terms:
        """See `ReconstructionLoss`."""
        check_same_shape(input, target)
        energy = squared_error(input, target) if warming_up else self.energy(input, target, z)
        return self._scaled(energy, target[0].numel())

    def neg_log_likelihood(
        self,
        input: Image,
        target: Image,
        scale: float | Float[Tensor, ""],
        z: Code | None = None,
        log_g: Image | None = None,
    ) -> PerImage:
        """Compute the true negative log-likelihood at a given scale, with the exact determinant.

        With log g the covariance is s^2 G Sigma G, G = diag(g): every pixel has its own scale.

        Args:
            input: reconstructions x_hat, (B, ch, *size).
            target: images x, (B, ch, *size).
            scale: s, positive, fitted on training data.
            z: latents, (B, *latent), for likelihoods that need them.
            log_g: logarithm of every pixel's scale, (B, ch, *size); None: 0.

        Returns:
            Negative log-likelihoods in nats, (B,).
        """
        check_same_shape(input, target)
        if log_g is not None:
            inverse_g = torch.exp(-log_g)
            input, target = input * inverse_g, target * inverse_g
        energy = self.likelihood_energy(input, target, z)
        nll = negative_log_likelihood(*energy, target[0].numel(), scale, self.exponent)
        return nll if log_g is None else nll + log_g.flatten(1).sum(dim=1)

    def _scaled(self, energy: Energy, dimensions: int) -> Terms:
        scale = self.batch_scale(energy.error, dimensions)
        return Terms(negative_log_likelihood(*energy, dimensions, scale, self.exponent), scale)


class GaussianLikelihood(ScaledLikelihood):
    """A Gaussian that is described by its precision: x | z ~ Normal(x_hat, s^2 Sigma).

    Sigma^-1 is circulant. `weights` gives its eigenvalues abs(w)^2; error, error map, exact determinant and
    the priors' p(x | z) follow from them.
    """

    def weights(self, size: Sequence[int], z: Code | None = None) -> Weights:
        """Give the eigenvalues of the precision Sigma^-1 at scale 1.

        Args:
            size: spatial size of the images in pixels.
            z: latents, (B, *latent), for likelihoods that need them.

        Returns:
            abs(w)^2 on the half spectrum, (B or 1, *half), zero frequency first.

        Raises:
            NotImplementedError: If a subclass does not define it.
        """
        raise NotImplementedError

    def half_log_determinant(self, weights: Weights, size: Sequence[int], channels: int) -> PerImage:
        """Compute 1/2 log det Sigma from the weights.

        Args:
            weights: abs(w)^2, (B or 1, *half).
            size: spatial size of the images in pixels.
            channels: number of channels.

        Returns:
            Nats, (B or 1,).
        """
        return exact_half_log_determinant(weights, size, channels)

    def energy(self, input: Image, target: Image, z: Code | None = None) -> Energy:
        """See `ScaledLikelihood`."""
        return self.likelihood_energy(input, target, z)

    def likelihood_energy(self, input: Image, target: Image, z: Code | None = None) -> Energy:
        """See `ScaledLikelihood`."""
        size = target.shape[2:]
        return self.weighted_energy(error_spectrum(input, target), self.weights(size, z), size)

    def weighted_energy(self, E: ImageSpectrum, weights: Weights, size: Sequence[int]) -> Energy:
        """Compute error and determinant from an error's spectrum.

        Args:
            E: half spectra of the errors, (B, ch, *half).
            weights: abs(w)^2, (B or 1, *half).
            size: spatial size of the images in pixels.

        Returns:
            Error and half the log-determinant, each (B,).
        """
        error = spectral_weighted_error(E, weights, size)
        return Energy(error, self.half_log_determinant(weights, size, E.shape[1]).expand(len(error)))

    def error_map(self, input: Image, target: Image, z: Code | None = None) -> Image:
        """See `ScaledLikelihood`."""
        size = target.shape[2:]
        return whitened_error(error_spectrum(input, target), self.weights(size, z), size).square()


def error_spectrum(input: Image, target: Image) -> ImageSpectrum:
    """Transform the error: F(x) - F(x_hat).

    Args:
        input: reconstructions x_hat, (B, ch, *size).
        target: images x, (B, ch, *size).

    Returns:
        Half spectra, (B, ch, *half).
    """
    spatial_dims = target.ndim - 2
    return half_spectrum(target, spatial_dims) - half_spectrum(input, spatial_dims)


def squared_error(input: Image, target: Image) -> Energy:
    """Compute || x - x_hat ||^2, the error under the identity covariance.

    Args:
        input: reconstructions x_hat, (B, ch, *size).
        target: images x, (B, ch, *size).

    Returns:
        Squared errors and zeros, each (B,).
    """
    error = (at_least_float32(target) - at_least_float32(input)).square().flatten(1).sum(dim=1)
    return Energy(error, torch.zeros_like(error))


def mean_over_ranks(values: Float[Tensor, "B ..."]) -> Float[Tensor, "..."]:
    """Average over the images of every rank.

    Args:
        values: one number, or one array of numbers, per image, (B, ...).

    Returns:
        The mean, (...).
    """
    if not (distributed.is_available() and distributed.is_initialized()):
        return values.mean(dim=0)
    total, images = values.sum(dim=0), values.new_tensor(len(values))
    distributed.all_reduce(total)
    distributed.all_reduce(images)
    return total / images
