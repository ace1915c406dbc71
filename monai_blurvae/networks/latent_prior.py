"""A learned prior of latent vectors: a Gaussian that affine coupling layers bend, with an exact density."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from monai_blurvae.checks import check_integer
from monai_blurvae.shapes import PerImage

LIMIT = 2.0
"""Bound of the logarithm of a layer's factors. Latents far from the training data stay finite."""

Latents = Float[Tensor, "B latent"]


class LatentPrior(nn.Module):
    """p(z) of z = m + T u, with u noise e ~ N(0, I) that has passed through coupling layers.

    A layer leaves half of the units as they are; they give the shift and the factor of each unit of the other
    half: u' = exp(s(u_kept)) u + t(u_kept). So the inverse and the determinant are exact. The next layer
    moves the other half. Each pair of layers divides the units in another way. The layers of a new prior have
    no effect: it is N(m, T T^T).

    Args:
        latent_size: length of the latents, at least 2.
        layers: number of coupling layers; 0: a Gaussian.
        features: units of the two hidden layers of each layer's network.

    Attributes:
        mean: m, (latent,); 0 until fitted.
        scale_tril: T, lower triangular with a positive diagonal, (latent, latent); the identity until fitted.

    Raises:
        ValueError: If a number is out of range.

    References:
        Dinh, Sohl-Dickstein, Bengio, Density Estimation Using Real NVP, ICLR 2017.

    Example:
        >>> prior, z = LatentPrior(4), torch.zeros(1, 4)
        >>> torch.allclose(prior.log_prob(z), torch.distributions.Normal(0, 1).log_prob(z).sum(dim=1))
        True
    """

    mean: Tensor
    scale_tril: Tensor
    _orders: Tensor
    _backs: Tensor

    def __init__(self, latent_size: int, layers: int = 8, features: int = 96) -> None:
        super().__init__()
        check_integer(2, latent_size=latent_size)
        check_integer(0, layers=layers)
        check_integer(1, features=features)
        self.latent_size = latent_size
        self.register_buffer("mean", torch.zeros(latent_size))
        self.register_buffer("scale_tril", torch.eye(latent_size))
        self.layers = nn.ModuleList(_network(latent_size, features) for _ in range(layers))
        units = torch.arange(latent_size)
        orders = torch.stack([torch.cat([units[1::2], units[::2]]), units.flip(0)])
        self.register_buffer("_orders", orders, persistent=False)
        self.register_buffer("_backs", orders.argsort(), persistent=False)

    def log_prob(self, z: Latents) -> PerImage:
        """Compute log p(z).

        Args:
            z: latents, (B, latent).

        Returns:
            Logarithms of the density in nats, (B,).
        """
        T = self.scale_tril
        u = torch.linalg.solve_triangular(T, (z - self.mean).mT, upper=False).mT
        log_determinant = T.diagonal().log().sum().expand(len(z))
        for index, network in reversed(list(enumerate(self.layers))):
            kept, moved = self._split(u)
            log_factor, shift = _affine(network, kept)
            u = torch.cat([kept, (moved - shift) * (-log_factor).exp()], dim=1)[:, self._backs[index % 2]]
            log_determinant = log_determinant + log_factor.sum(dim=1)
        return log_standard_normal(u) - log_determinant

    def from_noise(self, noise: Latents) -> Latents:
        """Turn draws from N(0, I) into draws from p(z).

        Args:
            noise: standard normal noise, (B, latent).

        Returns:
            Latents, (B, latent).
        """
        u = noise
        for index, network in enumerate(self.layers):
            kept, moved = self._split(u[:, self._orders[index % 2]])
            log_factor, shift = _affine(network, kept)
            u = torch.cat([kept, moved * log_factor.exp() + shift], dim=1)
        return self.mean + u @ self.scale_tril.tril().mT

    def sample(self, n: int, generator: torch.Generator | None = None) -> Latents:
        """Draw n latents, (n, latent); a CPU generator gives the same ones on every device."""
        device = self.mean.device if generator is None else generator.device
        noise = torch.randn(n, self.latent_size, generator=generator, device=device, dtype=self.mean.dtype)
        return self.from_noise(noise.to(self.mean.device))

    def _split(self, u: Tensor) -> tuple[Tensor, Tensor]:
        half = self.latent_size // 2
        return u[:, :half], u[:, half:]


def log_standard_normal(z: Latents) -> PerImage:
    """Compute log N(z; 0, I) of latents (B, latent), in nats, (B,)."""
    return -(z.square().sum(dim=1) + z.shape[1] * math.log(2 * math.pi)) / 2


def _network(latent_size: int, features: int) -> nn.Sequential:
    half = latent_size // 2
    last = nn.Linear(features, 2 * (latent_size - half))
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(nn.Linear(half, features), nn.SiLU(), nn.Linear(features, features), nn.SiLU(), last)


def _affine(network: nn.Module, kept: Tensor) -> tuple[Tensor, Tensor]:
    log_factor, shift = network(kept).chunk(2, dim=1)
    return LIMIT * torch.tanh(log_factor / LIMIT), shift
