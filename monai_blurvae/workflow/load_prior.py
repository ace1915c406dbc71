"""A trained model as a prior, made from its weight file and the settings beside it."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch

from monai_blurvae.checks import check_sizes, checked_orientation
from monai_blurvae.networks import LatentModel
from monai_blurvae.priors import SliceSettings, VAEPrior
from monai_blurvae.training import choose_device
from monai_blurvae.workflow.pretrained import load_pretrained

RELATIVE_TOLERANCE = 0.02
"""Spacings that differ by less than this share count as equal."""


class LoadedPrior(NamedTuple):
    """A prior, and how its training images were prepared."""

    prior: VAEPrior
    """On images in [-1, 1] of the network's size."""
    orientation: str
    """Directions towards which rows, columns and slices run, such as "PLS"."""
    spacing: tuple[float, ...] | None
    """Voxel size in mm, (row, column, slice); None: each training file's own."""
    slices: SliceSettings
    """How it is applied to slices of any size: grid, phase and intensity range."""


def load_prior(
    weights: str | Path,
    orientation: str | None = None,
    spacing: Sequence[float] | None = None,
    energy: str = "elbo",
    samples: int = 1,
    seed: int = 0,
    pixel_scale: bool = True,
    device: str | torch.device = "cpu",
    network: LatentModel | None = None,
) -> LoadedPrior:
    """Make a prior from weights: network, loss and scale as they were trained.

    Args:
        weights: the weight file; its `settings.json` lies beside it.
        orientation: that of the images the prior will see, such as "PLS"; None: not checked.
        spacing: voxel size in mm of the images the prior will see, in the order of `orientation`; as many
            numbers as are known, rows first; None: not checked. There is also no check if every training file
            kept its own spacing.
        energy: "elbo" or "objective", as `VAEPrior` explains.
        samples: number of latent samples per image.
        seed: seed of their noise.
        pixel_scale: use the scale network beside the weights, if there is one and the energy is the ELBO.
        device: where the prior computes.
        network: the network, with its likelihood, where the settings do not describe it.

    Returns:
        The prior and the preparation of its training images. A warning names both orientations, or both
        spacings, if those of the model differ from those given here.

    Raises:
        ValueError: If no settings lie beside the weights, or the weights are another network's.
        FileNotFoundError: If there is no weight file.
    """
    loaded = load_pretrained(weights, network=network)
    images = loaded.settings.images
    if orientation is not None and checked_orientation(orientation) != images.orientation:
        _warn("orientation", images.orientation, orientation)
    if spacing is not None:
        check_sizes(axes=(2, 3), spacing=spacing)
    if images.spacing is not None and spacing is not None:
        pairs = zip(images.spacing, spacing, strict=False)
        if any(abs(ours - theirs) > RELATIVE_TOLERANCE * ours for ours, theirs in pairs):
            _warn("spacing", images.spacing, tuple(spacing))
    scales = loaded.pixel_scale if pixel_scale and energy == "elbo" else None
    prior = VAEPrior(loaded.network, loaded.loss, samples, seed, energy, loaded.settings.beta, scales)
    return LoadedPrior(
        prior.to(choose_device(device)), images.orientation, images.spacing, loaded.settings.reconstruction
    )


def _warn(name: str, trained: object, stated: object) -> None:
    warnings.warn(f"the model was trained at {name} {trained}, and is used at {name} {stated}", stacklevel=3)
