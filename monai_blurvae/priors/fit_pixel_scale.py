"""Fit the scale network to a trained model's residuals."""

import math
from collections.abc import Iterable, Mapping, Sized
from typing import Any

import torch
from torch import Tensor, nn

from monai_blurvae.functional import reparameterize
from monai_blurvae.losses import ScaledLikelihood
from monai_blurvae.networks import LatentModel, PixelScale

LARGEST_GRADIENT = 1.0
"""Norm to which gradients are clipped. Otherwise one unusual patch would undo hundreds of steps."""


def fit_pixel_scale(
    network: LatentModel,
    loss: ScaledLikelihood,
    batches: Iterable[Mapping[str, Any]],
    pixel_scale: PixelScale,
    learning_rate: float = 1e-3,
    seed: int = 0,
) -> list[float]:
    """Minimise -log Normal(x; x_hat, s^2 G Sigma G) over the scale network; the model stays as it is.

    Each batch gives one step, at z drawn from q(z | x), with the exact determinant. The scale network sees
    only the decoded mean. It learns from it where the model's errors are large.

    Args:
        network: the trained model, its scale fitted; used in evaluation mode, its mode restored.
        loss: its likelihood.
        batches: training patches with the key "image", in [-1, 1], (B, ch, H, W).
        pixel_scale: the network to fit, in place.
        learning_rate: learning rate of Adam; it falls by a cosine to 0 if the number of batches is known.
        seed: seed of the latent noise.

    Returns:
        The negative log-likelihood of each batch in nats per pixel, before its step.

    Raises:
        ValueError: If the learning rate is not positive or the images are not two-dimensional.
    """
    if not learning_rate > 0:
        raise ValueError(f"`learning_rate` must be positive, got {learning_rate}")
    if network.spatial_dims != 2:
        raise ValueError(f"`network` must be of two-dimensional images, got {network.spatial_dims}")
    optimizer = torch.optim.Adam(pixel_scale.parameters(), learning_rate)
    total = len(batches) if isinstance(batches, Sized) else 0
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: (1 + math.cos(math.pi * step / total)) / 2 if total else 1.0
    )
    generator = torch.Generator().manual_seed(seed)
    was_training = network.training
    network.eval()
    history = []
    for batch in batches:
        x: Tensor = batch["image"].to(network.scale)
        x_hat, z = _explain(network, x, generator)
        nll = loss.neg_log_likelihood(x_hat, x, network.scale, z, pixel_scale(x_hat))
        value = nll.mean() / x[0].numel()
        optimizer.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(pixel_scale.parameters(), LARGEST_GRADIENT)
        optimizer.step()
        schedule.step()
        history.append(value.item())
    network.train(was_training)
    return history


@torch.no_grad()
def _explain(network: LatentModel, x: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    mu, log_var = network.encode(x)
    noise = torch.randn(mu.shape, generator=generator).to(mu)
    z = reparameterize(mu, log_var, noise)
    return network.decode(z), z
