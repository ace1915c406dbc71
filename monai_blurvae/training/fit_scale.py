"""The scale s of the likelihood, fitted in closed form on training data."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch

from monai_blurvae.functional.gaussian import reparameterize
from monai_blurvae.functional.likelihood import optimal_scale
from monai_blurvae.losses import ReconstructionLoss, ScaledLikelihood
from monai_blurvae.networks import LatentModel
from monai_blurvae.training.device import autocast
from monai_blurvae.training.noise import counted_noise
from monai_blurvae.training.trainer import image_of


@torch.no_grad()
def fit_scale(
    network: LatentModel,
    loss: ReconstructionLoss,
    loader: Iterable[Mapping[str, Any]],
    *,
    seed: int = 0,
    amp: bool = False,
) -> float:
    """Set `network.scale` to the scale that maximises the likelihood of the given (training) data.

    s^p = mean(E) / D, with E the likelihood's error at the sampled z and p its exponent (2: Gaussian).
    The scale is a buffer of the network: it is saved with the weights, and every later likelihood uses it.
    The paper's method asks for the whole training set. train.json gives four fixed batches of it instead, at
    each validation.

    Args:
        network: the network; evaluated in evaluation mode, its mode restored.
        loss: the reconstruction term. One without a scale leaves `network.scale` as it is.
        loader: batches of training data with the key "image".
        seed: seed of the latent noise.
        amp: autocast to bfloat16.

    Returns:
        The scale.

    Raises:
        ValueError: If the loader is empty.

    References:
        Rybkin, Daniilidis, Levine, "Simple and Effective VAE Training with Calibrated Decoders", ICML 2021.
    """
    if not isinstance(loss, ScaledLikelihood):
        return float(network.scale)
    was_training = network.training
    network.eval()
    device = network.scale.device
    total, images, dimensions = 0.0, 0, 0
    for index, batch in enumerate(loader):
        x = image_of(batch, device)
        with autocast(amp, device):
            mu, log_var = (code.float() for code in network.encode(x))
            z = reparameterize(mu, log_var, counted_noise(mu.shape, seed, index).to(device))
            x_hat = network.decode(z).float()
        total += float(loss.energy(x_hat, x, z).error.sum())
        images += x.shape[0]
        dimensions = x[0].numel()
    if not images:
        raise ValueError("`loader` must hold images, got none")
    network.train(was_training)
    scale = float(optimal_scale(torch.tensor(total / images), dimensions, loss.exponent))
    network.scale.fill_(scale)
    return scale
