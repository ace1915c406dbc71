"""The command that fits a trained model's learned prior, and the file of that prior."""

import math
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from monai.networks.utils import eval_mode
from torch import Tensor

from monai_blurvae.functional import bits_per_dimension, kl_divergence, reparameterize
from monai_blurvae.losses import ReconstructionLoss
from monai_blurvae.metrics.likelihood import Likelihood
from monai_blurvae.networks import LatentModel, LatentPrior
from monai_blurvae.priors import LatentPriorFit, encode_posteriors, fit_latent_prior, prior_gain
from monai_blurvae.priors.fit_latent_prior import refuse_feature_maps
from monai_blurvae.workflow.companion import new_companion, read_companion, save_companion

LATENT_PRIOR = "latent_prior.pt"
"""The learned prior, beside the weights of the model."""

Batches = Iterable[Mapping[str, Any]]


class PriorGain(NamedTuple):
    """Means over images: what a learned prior changes in the evidence lower bound."""

    images: int
    """Number of images."""
    kl: float
    """KL(q(z | x) || N(0, I)) in nats."""
    gain: float
    """E_q[log p(z) - log N(z; 0, I)] in nats: so much smaller is KL(q(z | x) || p(z))."""
    gain_bits: float
    """The same in bits per dimension."""
    before: float | None
    """Negative ELBO with N(0, I) in bits per dimension; None if the loss is not a likelihood."""

    @property
    def after(self) -> float | None:
        """Negative ELBO with the learned prior in bits per dimension."""
        return None if self.before is None else self.before - self.gain_bits


@torch.no_grad()
def measure_gain(
    network: LatentModel, loss: ReconstructionLoss, latent_prior: LatentPrior, batches: Batches, seed: int = 0
) -> PriorGain:
    """Measure what a learned prior gains over N(0, I) on images that it was not fitted to.

    The gain is a mean over one draw z ~ q(z | x) per image. The likelihood is taken at the same z. It has its
    exact determinant and the fitted scale, as `metrics.BitsPerDimension`.

    Args:
        network: the trained model.
        loss: its reconstruction term.
        latent_prior: p(z).
        batches: images with the key "image", in [-1, 1], (B, ch, *size).
        seed: seed of the draws.

    Returns:
        The means.
    """
    generator = torch.Generator().manual_seed(seed)
    divergences, gains, energies, dimensions = [], [], [], 1
    with eval_mode(network):
        for batch in batches:
            x: Tensor = batch["image"].to(network.scale)
            dimensions = x[0].numel()
            mu, log_var = network.encode(x)
            z = reparameterize(mu, log_var, torch.randn(mu.shape, generator=generator).to(mu))
            divergences.append(kl_divergence(mu, log_var))
            gains.append(prior_gain(latent_prior, z.to(latent_prior.mean)).to(z))
            if loss.is_likelihood and isinstance(loss, Likelihood):
                energies.append(loss.neg_log_likelihood(network.decode(z), x, network.scale, z))
    kl, gain = torch.cat(divergences), torch.cat(gains).mean()
    bits = bits_per_dimension(torch.cat(energies) + kl, dimensions).mean().item() if energies else None
    gain_bits = gain.item() / (dimensions * math.log(2))
    return PriorGain(len(kl), kl.mean().item(), gain.item(), gain_bits, bits)


def write_latent_prior(
    network: LatentModel,
    loss: ReconstructionLoss,
    patches: Mapping[str, Batches],
    latent_prior: LatentPrior,
    fit: LatentPriorFit,
    ckpt_path: str | Path,
    overwrite: bool = False,
) -> Path:
    """Fit a learned prior, say what it gains on test patches, and write it beside the model's weights.

    Args:
        network: the trained model.
        loss: its reconstruction term.
        patches: batches of patches: "train" to fit, "val" to choose the best state, "test" to measure.
        latent_prior: the prior to fit.
        fit: how it is fitted.
        ckpt_path: the model's weight file.
        overwrite: replace an existing file.

    Returns:
        The file.

    Raises:
        ValueError: If the latent is a feature map, or `overwrite` is not a bool.
        FileExistsError: If the file exists and `overwrite` is not set.
    """
    refuse_feature_maps(network)
    path = new_companion(ckpt_path, LATENT_PRIOR, overwrite)
    train, val = (encode_posteriors(network, patches[part]) for part in ("train", "val"))
    history = fit_latent_prior(latent_prior, train, val, fit)
    for part, nats in enumerate(history):
        step = fit.steps * part // max(1, len(history) - 1)
        sys.stdout.write(f"Step {step}: {nats:.2f} nats gained over N(0, I) on validation patches\n")
    found = measure_gain(network, loss, latent_prior, patches["test"], fit.seed)
    sys.stdout.write(
        f"On {found.images} test patches the learned prior takes {found.gain:.2f} of {found.kl:.2f} nats of "
        f"KL, {found.gain_bits:.4f} bits per dimension.\n"
    )
    if found.before is not None:
        sys.stdout.write(
            f"Negative ELBO on test patches: {found.before:.4f} bits per dimension with N(0, I), "
            f"{found.after:.4f} with the learned prior.\n"
        )
    save_companion(ckpt_path, LATENT_PRIOR, latent_prior)
    sys.stdout.write(f"Learned prior: {path}\n")
    return path


def read_latent_prior(weights: str | Path) -> LatentPrior | None:
    """Read the learned prior beside a model's weights, if it was fitted to these weights.

    Args:
        weights: the model's weight file.

    Returns:
        The prior; None if there is none, or if it was fitted to other weights (with a warning).

    Raises:
        ValueError: If the file holds no learned prior.
    """
    latent_prior = read_companion(weights, LATENT_PRIOR, "learned prior", _make)
    if latent_prior is None:
        return None
    if not bool((latent_prior.scale_tril.diagonal() > 0).all()):
        raise ValueError(
            f"`scale_tril` in {Path(weights).with_name(LATENT_PRIOR)} must have a positive diagonal, "
            f"got {latent_prior.scale_tril.diagonal().min():g}: fit it again"
        )
    return latent_prior.requires_grad_(False)


def _make(state: Mapping[str, Tensor]) -> LatentPrior:
    # by the tensors themselves, so that the prior is no larger than the file
    hidden = [value.shape for name, value in state.items() if name.endswith(".2.weight")]
    features = min((min(shape[:2]) for shape in hidden), default=1)
    return LatentPrior(min(*state["scale_tril"].shape[:2]), len(hidden), features)
