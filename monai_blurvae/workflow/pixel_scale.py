"""The command that fits a trained model's scale network, and the file of that network."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from monai_blurvae.functional import bits_per_dimension
from monai_blurvae.losses import ReconstructionLoss, ScaledLikelihood
from monai_blurvae.networks import LatentModel, PixelScale
from monai_blurvae.priors import VAEPrior, fit_pixel_scale
from monai_blurvae.workflow.companion import new_companion, read_companion, save_companion

PIXEL_SCALE = "pixel_scale.pt"
"""The scale network's weights, beside those of the model."""


def write_pixel_scale(
    network: LatentModel,
    loss: ReconstructionLoss,
    train: Iterable[Mapping[str, Any]],
    val: Iterable[Mapping[str, Any]],
    pixel_scale: PixelScale,
    ckpt_path: str | Path,
    learning_rate: float = 1e-3,
    seed: int = 0,
    overwrite: bool = False,
) -> Path:
    """Fit a scale network, say what it gains on validation patches, and write it beside the model's weights.

    Args:
        network: the trained model.
        loss: its likelihood.
        train: batches of training patches; each batch gives one step.
        val: batches of validation patches.
        pixel_scale: the network to fit.
        ckpt_path: the model's weight file.
        learning_rate: learning rate of Adam.
        seed: seed of the latent noise.
        overwrite: replace an existing file.

    Returns:
        The file.

    Raises:
        ValueError: If the loss is not a likelihood with a scale, or `overwrite` is not a bool.
        FileExistsError: If the file exists and `overwrite` is not set.
    """
    if not isinstance(loss, ScaledLikelihood):
        raise ValueError(f"`loss` must be a likelihood with a scale, got {type(loss).__name__}")
    path = new_companion(ckpt_path, PIXEL_SCALE, overwrite)
    before = _bits(VAEPrior(network, loss, seed=seed), val)
    fit_pixel_scale(network, loss, train, pixel_scale, learning_rate, seed)
    after = _bits(VAEPrior(network, loss, seed=seed, pixel_scale=pixel_scale), val)
    sys.stdout.write(
        f"Negative ELBO on validation patches: {before:.3f} bits per dimension with one scale, "
        f"{after:.3f} with the scale network.\n"
    )
    save_companion(ckpt_path, PIXEL_SCALE, pixel_scale)
    sys.stdout.write(f"Scale network: {path}\n")
    return path


def read_pixel_scale(weights: str | Path, channels: int = 1) -> PixelScale | None:
    """Read the scale network beside a model's weights, if it was fitted to these weights.

    Args:
        weights: the model's weight file.
        channels: number of channels of its images.

    Returns:
        The network; None if there is none, or if it was fitted to other weights (with a warning).

    Raises:
        ValueError: If the file holds no scale network.
    """

    def make(state: Mapping[str, Tensor]) -> PixelScale:
        # by the largest tensor, so that the network is no larger than the file
        return PixelScale(channels, min(*state["layers.2.weight"].shape[:2]))

    return read_companion(weights, PIXEL_SCALE, "scale network", make)


@torch.no_grad()
def _bits(prior: VAEPrior, batches: Iterable[Mapping[str, Any]]) -> float:
    energies, dimensions = [], 1
    for batch in batches:
        x = batch["image"].to(prior.noise)
        energies.append(prior.energy(x))
        dimensions = x[0].numel()
    return float(bits_per_dimension(torch.cat(energies), dimensions).mean())
