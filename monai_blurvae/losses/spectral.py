"""Spectral likelihood: a Gaussian whose covariance follows the power spectrum of the errors."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from monai_blurvae.checks import check_at_least, check_in, check_integer
from monai_blurvae.functional import (
    Weights,
    log_eigenvalues,
    mean_power,
    radial_basis,
    squared_modulus,
)
from monai_blurvae.losses.scaled import Energy, GaussianLikelihood, error_spectrum, mean_over_ranks
from monai_blurvae.shapes import Code, Image, PerImage

SMALLEST_POWER = 1e-12
"""Smaller powers are raised to this value before the logarithm."""


class SpectralLoss(GaussianLikelihood):
    """Gaussian likelihood with a stationary covariance: x | z ~ Normal(x_hat, s^2 Sigma), log det Sigma = 0.

    Sigma's eigenvalues follow the errors' own mean power P at each distance to zero frequency,
    log S = t log P. At t = 1 this is the likelihood's maximum in closed form, at t = 0 the squared error.
    Values between are exact likelihoods too, and neglect low frequencies less. P is a running mean over
    training batches, as in batch normalisation, and is saved with the weights.

    Args:
        knots: number of distances to zero frequency where P is kept.
        tempering: t, in [0, 1].
        max_ratio: largest eigenvalue over smallest, at least 1; None: no bound.
        momentum: weight of a batch in the running mean, in (0, 1].
        scale: s, positive, or "optimal" for the batch's s^2 = mean(q) / D.
        reduction: "mean" or "sum" over the images of a batch, or "none".

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
        reduction: str = "mean",
    ) -> None:
        super().__init__(scale, reduction)
        check_integer(2, knots=knots)
        check_in("[0, 1]", tempering=tempering)
        if max_ratio is not None:
            check_at_least(1, max_ratio=max_ratio)
        check_in("(0, 1]", momentum=momentum)
        self.tempering = tempering
        self.max_ratio = math.inf if max_ratio is None else max_ratio
        self.momentum = momentum
        self.register_buffer("log_power", torch.zeros(knots))
        self.register_buffer("batches", torch.zeros((), dtype=torch.long))

    def weights(self, size: Sequence[int], z: Code | None = None) -> Weights:
        """See `GaussianLikelihood`: 1 / S."""
        del z
        basis = radial_basis(size, len(self.log_power), self.log_power.device)
        return (-log_eigenvalues(self.log_power, basis, size, self.tempering, self.max_ratio)).exp()[None]

    def half_log_determinant(self, weights: Weights, size: Sequence[int], channels: int) -> PerImage:
        """See `GaussianLikelihood`: 0 by construction."""
        del size, channels
        return weights.new_zeros(1)

    def energy(self, input: Image, target: Image, z: Code | None = None) -> Energy:
        """See `ScaledLikelihood`; in training mode the running mean of powers takes in the batch first."""
        E, size = error_spectrum(input, target), target.shape[2:]
        if self.training:
            self._follow(squared_modulus(E.detach()).mean(dim=1), size)
        return self.weighted_energy(E, self.weights(size, z), size)

    @torch.no_grad()
    def _follow(self, power: Weights, size: torch.Size) -> None:
        """Let the running mean of powers follow a batch, over all ranks."""
        basis = radial_basis(size, len(self.log_power), power.device)
        new = mean_power(mean_over_ranks(power)[None], basis, size)
        old = self.log_power.exp()
        mean = new if self.batches == 0 else old + self.momentum * (new - old)
        self.log_power.copy_(mean.clamp_min(SMALLEST_POWER).log())
        self.batches += 1
