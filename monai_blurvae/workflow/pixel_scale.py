"""The command that fits a trained model's scale network, and the file of that network."""

import hashlib
import sys
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from monai_blurvae.files import write_state
from monai_blurvae.functional import bits_per_dimension
from monai_blurvae.losses import ReconstructionLoss, ScaledLikelihood
from monai_blurvae.networks import LatentModel, PixelScale, load_weights
from monai_blurvae.networks.weights import read_weights
from monai_blurvae.priors import VAEPrior, fit_pixel_scale

PIXEL_SCALE = "pixel_scale.pt"
"""The scale network's weights, beside those of the model."""

FINGERPRINT = "fingerprint"
"""The entry of that file that identifies the weights the network was fitted to."""


def fingerprint(state: Mapping[str, Tensor]) -> Tensor:
    """Compute the SHA-256 of weights: names, shapes, precisions and values.

    Args:
        state: a state_dict.

    Returns:
        The digest, 32 bytes, uint8 (32,).
    """
    digest = hashlib.sha256()
    for name in sorted(state):
        value = state[name].detach().cpu().contiguous()
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}\n".encode())
        digest.update(value.flatten().view(torch.uint8).numpy().tobytes())
    return torch.tensor(list(digest.digest()), dtype=torch.uint8)


def save_pixel_scale(weights: str | Path, pixel_scale: PixelScale) -> Path:
    """Save a scale network beside the weights that it was fitted to, with their fingerprint.

    Args:
        weights: the model's weight file.
        pixel_scale: the scale network.

    Returns:
        The scale network's file.
    """
    path = Path(weights).with_name(PIXEL_SCALE)
    state = {**pixel_scale.state_dict(), FINGERPRINT: fingerprint(read_weights(weights))}
    write_state(path, state)
    return path


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
    path = Path(ckpt_path).with_name(PIXEL_SCALE)
    if not isinstance(loss, ScaledLikelihood):
        raise ValueError(f"`loss` must be a likelihood with a scale, got {type(loss).__name__}")
    if not isinstance(overwrite, bool):
        raise ValueError(f"`overwrite` must be True or False, got {overwrite!r}")
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists and is not written over; pass --overwrite True to replace it")
    before = _bits(VAEPrior(network, loss, seed=seed), val)
    fit_pixel_scale(network, loss, train, pixel_scale, learning_rate, seed)
    after = _bits(VAEPrior(network, loss, seed=seed, pixel_scale=pixel_scale), val)
    sys.stdout.write(
        f"Negative ELBO on validation patches: {before:.3f} bits per dimension with one scale, "
        f"{after:.3f} with the scale network.\n"
    )
    save_pixel_scale(ckpt_path, pixel_scale)
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
    path = Path(weights).with_name(PIXEL_SCALE)
    if not path.is_file():
        return None
    try:
        state = dict(read_weights(path))
        # by the largest tensor, so that the network is no larger than the file
        network = PixelScale(channels, min(*state["layers.2.weight"].shape[:2]))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} must hold the weights of a scale network: remove it, or fit it again ({error})"
        ) from error
    fitted_to = state.pop(FINGERPRINT, None)
    load_weights(network, state)
    if fitted_to is None or not torch.equal(fitted_to, fingerprint(read_weights(weights))):
        warnings.warn(
            f"{path} was fitted to other weights than {weights}, and is not used: remove it, or fit it again",
            stacklevel=2,
        )
        return None
    return network.eval()


@torch.no_grad()
def _bits(prior: VAEPrior, batches: Iterable[Mapping[str, Any]]) -> float:
    energies, dimensions = [], 1
    for batch in batches:
        x = batch["image"].to(prior.noise)
        energies.append(prior.energy(x))
        dimensions = x[0].numel()
    return float(bits_per_dimension(torch.cat(energies), dimensions).mean())
