"""A trained model with its settings, its scale and its likelihood, in one call."""

from pathlib import Path
from typing import NamedTuple

import torch

from monai_blurvae.files import write_state
from monai_blurvae.losses import LossSettings, ReconstructionLoss, make_loss
from monai_blurvae.networks import LatentModel, LatentPrior, PixelScale, load_weights, make_model
from monai_blurvae.workflow.companion import save_companion
from monai_blurvae.workflow.latent_prior import LATENT_PRIOR, read_latent_prior
from monai_blurvae.workflow.pixel_scale import PIXEL_SCALE, read_pixel_scale
from monai_blurvae.workflow.settings import SETTINGS, Settings, read_settings, write_settings

WEIGHTS = "model.pt"
OTHER_PEOPLES = {"vgg", "watson"}
"""Terms that need weight files of other projects."""


class Pretrained(NamedTuple):
    """A trained model with its loss, its settings and what was fitted to it."""

    network: LatentModel
    """In evaluation mode, its scale fitted."""
    loss: ReconstructionLoss
    """The reconstruction term it was trained with, in evaluation mode. "vgg" and "watson" need weight files
    of other projects. Without these files the term is a placeholder that cannot be computed."""
    settings: Settings
    """How it was made and how its images were prepared."""
    pixel_scale: PixelScale | None
    """The scale network that was fitted to these weights, if there is one."""
    latent_prior: LatentPrior | None
    """The learned prior that was fitted to these weights, if there is one; `network.sample` uses it."""


def untrained(weights: str | Path) -> LatentModel:
    """Make the network that a weight file's settings describe, with random weights.

    Args:
        weights: the weight file, with its settings beside it.

    Returns:
        The network with its likelihood.

    Raises:
        ValueError: If the settings describe no network or no term, or a network beyond the file.
    """
    settings = read_settings(weights)
    for name, part, setting in (
        ("model", settings.model, "network_def"),
        ("loss", settings.loss, "reconstruction_loss"),
    ):
        if part is None:
            raise ValueError(
                f"`{name}` must be described in {Path(weights).with_name(SETTINGS)}, got null: the run "
                f"replaced `{setting}`. Make the network in Python and pass it to `load_pretrained` or "
                "`load_prior` as `network`"
            )
    assert settings.model is not None
    assert settings.loss is not None
    loss = _make_loss(settings.loss)
    held = Path(weights).stat().st_size
    try:
        with torch.device("meta"):  # takes no memory, whatever a stranger's settings claim
            numbers = sum(value.numel() for value in make_model(settings.model, loss).state_dict().values())
    except (RuntimeError, TypeError) as error:
        raise ValueError(
            f"`model` in {Path(weights).with_name(SETTINGS)} must be a network that fits into memory, got "
            f"{settings.model}"
        ) from error
    if numbers > held:
        raise ValueError(
            f"`model` in {Path(weights).with_name(SETTINGS)} must describe the weights beside it, got "
            f"a network of {numbers} numbers, and {weights} of {held} bytes"
        )
    return make_model(settings.model, loss)


def _make_loss(settings: LossSettings) -> ReconstructionLoss:
    try:
        return make_loss(settings)
    except (ImportError, OSError, ValueError):
        if settings.name not in OTHER_PEOPLES:
            raise
        return ReconstructionLoss()


def load_pretrained(
    path: str | Path, device: str | torch.device = "cpu", network: LatentModel | None = None
) -> Pretrained:
    """Load a model: network, weights, scale, likelihood and settings.

    Nothing in the folder is evaluated or imported: weights are tensors, settings are literals.

    Args:
        path: a weight file, or a folder with model.pt; settings.json lies beside it.
        device: device of the model.
        network: the network with its likelihood; needed if the settings do not describe it.

    Returns:
        The model in evaluation mode.

    Raises:
        FileNotFoundError: If there is no weight file.
        ValueError: If the settings are missing or unfit, or the weights are another network's.
    """
    weights = Path(path, WEIGHTS) if Path(path).is_dir() else Path(path)
    settings = read_settings(weights)
    network = untrained(weights) if network is None else network
    load_weights(network, weights)
    if read_settings(weights) != settings:
        raise ValueError(f"{weights} must stay as it is while it is read, got another model: load it again")
    network = network.to(device).eval()
    loss = network.likelihood
    if not isinstance(loss, ReconstructionLoss):
        raise ValueError(f"`network.likelihood` must be a reconstruction term, got {type(loss).__name__}")
    scales = read_pixel_scale(weights, network.channels) if network.spatial_dims == 2 else None
    latent_prior = read_latent_prior(weights) if len(network.latent_shape) == 1 else None
    if latent_prior is not None:
        network.add_latent_prior(latent_prior)
    return Pretrained(network, loss, settings, None if scales is None else scales.to(device), latent_prior)


def save_pretrained(
    folder: str | Path,
    network: LatentModel,
    settings: Settings,
    pixel_scale: PixelScale | None = None,
    latent_prior: LatentPrior | None = None,
) -> Path:
    """Save a model with its settings, so that `load_pretrained` finds both.

    The settings name the weights they belong to: what two processes saved into one folder at the same time
    is refused, not mixed.

    Args:
        folder: where to save; made if it does not exist.
        network: the model.
        settings: how it was made.
        pixel_scale: the scale network that was fitted to it, if there is one.
        latent_prior: the learned prior that was fitted to it, if there is one.

    Returns:
        The weight file.

    Raises:
        ValueError: If the network or the settings are something else.
    """
    for name, value, kind in (("network", network, LatentModel), ("settings", settings, Settings)):
        if not isinstance(value, kind):
            raise ValueError(f"`{name}` must be a {kind.__name__}, got {type(value).__name__}")
    Path(folder).mkdir(parents=True, exist_ok=True)
    path, state = Path(folder, WEIGHTS), network.state_dict()
    write_state(path, state)
    write_settings(folder, settings, state)
    for name, fitted in ((PIXEL_SCALE, pixel_scale), (LATENT_PRIOR, latent_prior)):
        if fitted is not None:
            save_companion(path, name, fitted, state)
    return path
