"""The base of all priors: an energy of images, its gradient, proximal and denoising steps."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor, nn

from monai_blurvae.mri.conjugate_gradient import inner_product, per_pixel
from monai_blurvae.priors.descent import descend
from monai_blurvae.shapes import PerImage


class Prior(nn.Module, ABC):
    """An energy U(x) of images x, (B, ch, *size); U = -log p(x) in nats where the prior is a probability."""

    is_log_prob: bool = True
    """Whether -U is a log-probability (or a bound of one)."""

    @abstractmethod
    def energy(self, x: Tensor) -> PerImage:
        """Compute U of each image, (B,), in nats."""

    @abstractmethod
    def project(self, x: Tensor) -> Tensor:
        """Give the nearest images that the model explains, of the shape of `x`."""

    @abstractmethod
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Draw n images from the model, (n, ch, *size)."""

    def log_prob(self, x: Tensor) -> PerImage:
        """Compute log p(x), or its bound, in nats, (B,); refuse an energy that is not a probability."""
        if not self.is_log_prob:
            raise ValueError('`energy` must be "elbo" for a log-probability, got a training objective')
        return -self.energy(x)

    def energy_and_grad(self, x: Tensor) -> tuple[PerImage, Tensor]:
        """Compute U, (B,), and its total derivative dU/dx from one pass, neither with a graph."""
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            energy = self.energy(x)
            (gradient,) = torch.autograd.grad(energy.sum(), x)
        return energy.detach(), gradient

    def grad(self, x: Tensor) -> Tensor:
        """Compute the total derivative dU/dx, of the shape of `x`."""
        return self.energy_and_grad(x)[1]

    def prox(self, x: Tensor, gamma: float | Tensor, steps: int = 20) -> Tensor:
        """Lower 1/2 |v - x|^2 + gamma U(v) by gradient steps from v = x.

        U is not convex, so the result is a local minimum downhill of x, not the proximal point. The objective
        at the result is never above that at x.

        Args:
            x: images.
            gamma: weight of the energy, not negative; a number, or one per image, (B,).
            steps: number of gradient steps.

        Returns:
            v, of the shape of `x`.
        """
        return descend(proximal_objective(self.energy_and_grad, x, weights(gamma, x)), x, steps)[0]

    def denoise(self, x: Tensor, sigma: float | Tensor, steps: int = 20) -> Tensor:
        """Remove white noise: the most probable image, prox at gamma = sigma^2.

        Args:
            x: images with noise.
            sigma: the noise's standard deviation in the units of `x`; a number, or one per image, (B,).
            steps: number of gradient steps.

        Returns:
            Images of the shape of `x`.

        Raises:
            ValueError: If `sigma` is negative.
        """
        if bool((torch.as_tensor(sigma) < 0).any()):
            raise ValueError(f"`sigma` must not be negative, got {sigma}")
        return self.prox(x, sigma**2, steps)


ValueAndGrad = Callable[[Tensor], tuple[PerImage, Tensor]]
"""Gives a function's value, (B,), and its gradient, (B, ...), at images, (B, ...)."""


def proximal_objective(energy_and_grad: ValueAndGrad, x: Tensor, gamma: PerImage) -> ValueAndGrad:
    """Give value and gradient of 1/2 |v - x|^2 + gamma U(v) as a function of v, (B, ...)."""

    def value_and_grad(v: Tensor) -> tuple[PerImage, Tensor]:
        energy, gradient = energy_and_grad(v)
        distance = v - x
        value = inner_product(distance, distance) / 2 + gamma * energy
        return value, distance + per_pixel(gamma, v) * gradient

    return value_and_grad


def weights(gamma: float | Tensor, x: Tensor) -> PerImage:
    """Give every image its own weight, (B,), from one number or B numbers, finite and not negative."""
    values = torch.as_tensor(gamma, dtype=x.real.dtype, device=x.device).flatten()
    if len(values) not in {1, len(x)}:
        raise ValueError(f"`gamma` must be one number, or one for each of {len(x)} images, got {len(values)}")
    if not ((values >= 0) & values.isfinite()).all():
        raise ValueError(f"`gamma` must be finite and not negative, got {values.tolist()}")
    return values.expand(len(x))
