"""Fit a learned prior to the posteriors of training images."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from monai.networks.utils import eval_mode
from torch import Tensor, nn

from monai_blurvae.checks import check_integer, check_positive
from monai_blurvae.functional import reparameterize
from monai_blurvae.networks import LatentModel, LatentPrior
from monai_blurvae.networks.latent_prior import log_standard_normal
from monai_blurvae.shapes import PerImage

BATCH = 256
"""Latents of a step."""
LARGEST_GRADIENT = 50.0
"""Norm to which gradients, in nats, are clipped."""
WEIGHT_DECAY = 1e-3
LOOKS = 10
"""How often the validation latents are looked at."""


@dataclass(frozen=True)
class LatentPriorFit:
    """How a learned prior is fitted.

    Args:
        steps: steps of 256 draws from the posteriors; 0: a Gaussian.
        learning_rate: learning rate of Adam; it falls along a cosine to 0.
        seed: seed of the draws.

    Raises:
        ValueError: If a number is out of range.
    """

    steps: int = 3000
    learning_rate: float = 3e-3
    seed: int = 0

    def __post_init__(self) -> None:
        check_integer(0, steps=self.steps, seed=self.seed)
        check_positive(learning_rate=self.learning_rate)


class Posteriors(NamedTuple):
    """Gaussian posteriors q(z | x) of n images."""

    mu: Tensor
    """(n, latent)."""
    log_var: Tensor
    """(n, latent)."""

    def draw(self, generator: torch.Generator, index: Tensor | slice = slice(None)) -> Tensor:
        """Draw a latent of each image that `index` names."""
        mu = self.mu[index]
        return reparameterize(mu, self.log_var[index], torch.randn(mu.shape, generator=generator).to(mu))


@torch.no_grad()
def encode_posteriors(network: LatentModel, batches: Iterable[Mapping[str, Any]]) -> Posteriors:
    """Encode images, in evaluation mode.

    Args:
        network: the trained model, of latent vectors.
        batches: images with the key "image", in [-1, 1], (B, ch, *size).

    Returns:
        Their posteriors, on the CPU.

    Raises:
        ValueError: If the latent is a feature map, or there are no images.
    """
    refuse_feature_maps(network)
    with eval_mode(network):
        codes = [network.encode(batch["image"].to(network.scale)) for batch in batches]
    if not codes:
        raise ValueError("`batches` must hold images, got none")
    return Posteriors(*(torch.cat(parts).float().cpu() for parts in zip(*codes, strict=True)))


def refuse_feature_maps(network: LatentModel) -> None:
    """Refuse a model whose latent is not a vector."""
    if len(network.latent_shape) != 1:
        raise ValueError(
            f"`network` must have latent vectors, got the latent shape {network.latent_shape}: "
            "for feature maps, train a diffusion or flow model on the latents"
        )


def fit_latent_prior(
    prior: LatentPrior, train: Posteriors, val: Posteriors, fit: LatentPriorFit | None = None
) -> list[float]:
    """Maximise log p(z) over draws from the posteriors of training images.

    The mean and the covariance of all draws, Cov(mu) + diag(mean sigma^2), are exact. The layers are trained
    from there, by Adam with a learning rate that falls along a cosine. The state that is best on validation
    draws is kept, so the result is no worse on them than the Gaussian.

    Args:
        prior: the prior to fit, in place.
        train: posteriors of training images, at least two.
        val: posteriors of validation images.
        fit: steps, learning rate and seed.

    Returns:
        Mean of log p(z) - log N(z; 0, I) over validation draws in nats: of the Gaussian, then ten times while
        the layers are trained.

    Raises:
        ValueError: If there are fewer than two training images.
    """
    fit = LatentPriorFit() if fit is None else fit
    if len(train.mu) < 2:
        raise ValueError(f"`train` must hold at least two images, got {len(train.mu)}")
    device = prior.mean.device
    _fit_gaussian(prior, train)
    generator = torch.Generator().manual_seed(fit.seed)
    held_out = val.draw(generator).to(device)
    history = [prior_gain(prior, held_out).mean().item()]
    if fit.steps == 0 or len(prior.layers) == 0:
        return history
    best = deepcopy(prior.state_dict())
    optimizer = torch.optim.AdamW(prior.parameters(), fit.learning_rate, weight_decay=WEIGHT_DECAY)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, fit.steps)
    looks = {round(fit.steps * look / LOOKS) for look in range(1, LOOKS + 1)}
    for step in range(1, fit.steps + 1):
        index = torch.randint(len(train.mu), (BATCH,), generator=generator)
        loss = -prior.log_prob(train.draw(generator, index).to(device)).mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(prior.parameters(), LARGEST_GRADIENT)
        optimizer.step()
        decay.step()
        if step in looks:
            history.append(prior_gain(prior, held_out).mean().item())
            best = deepcopy(prior.state_dict()) if history[-1] >= max(history) else best
    prior.load_state_dict(best)
    return history


@torch.no_grad()
def prior_gain(prior: LatentPrior, z: Tensor) -> PerImage:
    """Compute log p(z) - log N(z; 0, I) in nats, (B,), of latents z ~ q(z | x), (B, latent)."""
    return prior.log_prob(z) - log_standard_normal(z)


def _fit_gaussian(prior: LatentPrior, train: Posteriors) -> None:
    mu = train.mu.double()
    covariance = mu.T.cov() + train.log_var.double().exp().mean(dim=0).diag()
    prior.mean.copy_(mu.mean(dim=0))
    prior.scale_tril.copy_(torch.linalg.cholesky(covariance))
