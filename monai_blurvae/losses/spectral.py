"""Spectral likelihood: a Gaussian whose covariance follows the power spectrum of the errors."""

import math

import torch
from torch import Tensor

from monai_blurvae.functional import (
    Weights,
    half_spectrum,
    log_eigenvalues,
    mean_power,
    radial_basis,
    spectral_weighted_error,
    squared_modulus,
    whitened_error,
)
from monai_blurvae.losses.scaled import Energy, ScaledLikelihood, mean_over_ranks
from monai_blurvae.shapes import Image, Kernel

SMALLEST_POWER = 1e-12
"""Powers are floored here before the logarithm."""


class SpectralLoss(ScaledLikelihood):
    """Gaussian likelihood with a stationary covariance: x | z ~ Normal(x_hat, s^2 Sigma), log det Sigma = 0.

    Sigma's eigenvalues follow the errors' own mean power P at each distance to zero frequency,
    log S = t log P: at t = 1 the likelihood's maximum in closed form, at t = 0 squared error. What lies
    between is as exact a likelihood, and neglects low frequencies less. P is a running mean over training
    batches, as batch normalisation's statistics are, and travels with the weights.

    Args:
        knots: number of distances to zero frequency where P is kept.
        tempering: t, in [0, 1].
        max_ratio: largest eigenvalue over smallest, at least 1; None: no bound.
        momentum: weight of a batch in the running mean, in (0, 1].
        scale: s, positive, or "optimal" for the batch's s^2 = mean(q) / D.

    Raises:
        ValueError: If an argument is out of its range.

    Example:
        >>> x = torch.ones(2, 1, 4, 4)
        >>> SpectralLoss(tempering=0.0).energy(0 * x, x).error  # squared error
        tensor([16., 16.])
    """

    needs_warmup = True

    log_power: Tensor
    batches: Tensor

    def __init__(
        self,
        knots: int = 12,
        tempering: float = 0.25,
        max_ratio: float | None = None,
        momentum: float = 0.02,
        scale: float | str = "optimal",
    ) -> None:
        super().__init__(scale)
        if knots < 2:
            raise ValueError(f"`knots` must be at least 2, got {knots}")
        if not 0 <= tempering <= 1:
            raise ValueError(f"`tempering` must be in [0, 1], got {tempering}")
        if max_ratio is not None and not max_ratio >= 1:
            raise ValueError(f"`max_ratio` must be at least 1, got {max_ratio}")
        if not 0 < momentum <= 1:
            raise ValueError(f"`momentum` must be in (0, 1], got {momentum}")
        self.tempering = tempering
        self.max_ratio = math.inf if max_ratio is None else max_ratio
        self.momentum = momentum
        self.register_buffer("log_power", torch.zeros(knots))
        self.register_buffer("batches", torch.zeros((), dtype=torch.long))

    def energy(self, x_hat: Image, x: Image, kernel: Kernel | None = None) -> Energy:  # noqa: ARG002
        """Compute the weighted error; in training mode the batch joins the running mean of powers first.

        Args:
            x_hat: reconstructions, (B, ch, *size).
            x: images, (B, ch, *size).
            kernel: ignored.

        Returns:
            Weighted error q = sum of abs(F(x - x_hat))^2 / (N S), and zeros, each (B,).
        """
        size = x.shape[2:]
        E = half_spectrum(x, len(size)) - half_spectrum(x_hat, len(size))
        basis = radial_basis(size, len(self.log_power), x.device)
        if self.training:
            self._follow(squared_modulus(E.detach()).mean(dim=1), basis, size)
        q = spectral_weighted_error(E, self._weights(basis, len(x), size), size)
        return Energy(q, torch.zeros_like(q))

    def error_map(self, x_hat: Image, x: Image, kernel: Kernel | None = None) -> Image:  # noqa: ARG002
        """Divide the error's spectrum by the square root of S, and square.

        Args:
            x_hat: reconstructions, (B, ch, *size).
            x: images, (B, ch, *size).
            kernel: ignored.

        Returns:
            (S^(-1/2) (x - x_hat))^2, (B, ch, *size).
        """
        size = x.shape[2:]
        E = half_spectrum(x, len(size)) - half_spectrum(x_hat, len(size))
        basis = radial_basis(size, len(self.log_power), x.device)
        return whitened_error(E, self._weights(basis, len(x), size), size).square()

    def _weights(self, basis: Tensor, batch_size: int, size: torch.Size) -> Weights:
        """Give the inverse eigenvalues 1 / S.

        Args:
            basis: hat functions, (knots, *half).
            batch_size: number of images, B.
            size: spatial size of the images in pixels.

        Returns:
            1 / S, (B, *half).
        """
        log_S = log_eigenvalues(self.log_power, basis, size, self.tempering, self.max_ratio)
        return (-log_S).exp().expand(batch_size, *log_S.shape)

    @torch.no_grad()
    def _follow(self, power: Weights, basis: Tensor, size: torch.Size) -> None:
        """Let the running mean of powers follow a batch, over all ranks.

        Args:
            power: abs(F(x - x_hat))^2, averaged over channels, (B, *half).
            basis: hat functions, (knots, *half).
            size: spatial size of the images in pixels.
        """
        new = mean_power(mean_over_ranks(power)[None], basis, size)
        old = self.log_power.exp()
        mean = new if self.batches == 0 else old + self.momentum * (new - old)
        self.log_power.copy_(mean.clamp_min(SMALLEST_POWER).log())
        self.batches += 1
