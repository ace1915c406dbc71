"""The diagonal Gaussian posterior: sampling from it, and its distance to the prior."""

import torch
from jaxtyping import Float
from torch import Tensor

from monai_blurvae.functional.dtype import at_least_float32
from monai_blurvae.shapes import Code, PerImage


def reparameterize(mu: Code, log_var: Code, noise: Code) -> Code:
    """Turn standard normal noise into a sample of the posterior: z = mu + exp(log_var / 2) * noise.

    Args:
        mu: posterior means, (B, *latent).
        log_var: logarithms of the posterior variances sigma^2, (B, *latent).
        noise: samples of the standard normal distribution, (B, *latent).

    Returns:
        Latents z, (B, *latent), float32 (float64 for float64).

    Example:
        >>> reparameterize(torch.ones(1, 2), torch.zeros(1, 2), torch.tensor([[0.5, -0.5]]))
        tensor([[1.5000, 0.5000]])
    """
    return at_least_float32(mu) + (0.5 * at_least_float32(log_var)).exp() * at_least_float32(noise)


def kl_per_unit(mu: Float[Tensor, "*latent"], log_var: Float[Tensor, "*latent"]) -> Float[Tensor, "*latent"]:
    """Compute KL(N(mu, sigma^2) || N(0, 1)) = (mu^2 + sigma^2 - 1 - log sigma^2) / 2 of every latent unit.

    Args:
        mu: posterior means, of any shape, usually (B, latent).
        log_var: logarithms of the posterior variances sigma^2, of the same shape.

    Returns:
        Divergences in nats, of the same shape, float32 (float64 for float64).

    Example:
        >>> kl_per_unit(torch.tensor([[0.0, 2.0]]), torch.zeros(1, 2))
        tensor([[0., 2.]])
    """
    mu, log_var = at_least_float32(mu), at_least_float32(log_var)
    return 0.5 * (mu.square() + torch.expm1(log_var) - log_var)


def kl_divergence(mu: Code, log_var: Code) -> PerImage:
    """Compute KL(N(mu, diag sigma^2) || N(0, I)), the sum over the latent units.

    Args:
        mu: posterior means, (B, latent), or (B, ch, *size) where the latent is a feature map.
        log_var: logarithms of the posterior variances sigma^2, of the same shape.

    Returns:
        Divergences in nats, (B,).

    Example:
        >>> kl_divergence(torch.tensor([[1.0, 1.0]]), torch.zeros(1, 2))
        tensor([1.])
    """
    return kl_per_unit(mu, log_var).flatten(1).sum(dim=1)
