"""A trained model as a prior, from its weight file and the configuration beside it."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from monai.bundle import ConfigParser

from monai_blurvae.files import CONFIGURATION
from monai_blurvae.losses import ReconstructionLoss
from monai_blurvae.networks import BlurVAE, load_weights
from monai_blurvae.priors import VAEPrior
from monai_blurvae.workflow.pixel_scale import read_pixel_scale

RELATIVE_TOLERANCE = 0.02
"""Spacings that differ by less than this share are the same."""


class LoadedPrior(NamedTuple):
    """A prior, and how the images were prepared that it was trained on."""

    prior: VAEPrior
    """On images in [-1, 1] of the network's size."""
    orientation: str
    """Directions towards which rows, columns and slices run, such as "PLS"."""
    spacing: tuple[float, ...] | None
    """Voxel size in mm, (row, column, slice); None: each training file's own."""
    percentile: float
    """Percentile of the non-zero voxels that is 1; 0 is -1."""


def load_prior(
    weights: str | Path,
    orientation: str | None = None,
    spacing: Sequence[float] | None = None,
    energy: str = "elbo",
    samples: int = 1,
    seed: int = 0,
    pixel_scale: bool = True,
    device: str | torch.device = "cpu",
) -> LoadedPrior:
    """Make a prior of a run's or the bundle's weights: network, loss and scale as they were trained.

    Args:
        weights: the weight file; the run's `config.json` lies beside it.
        orientation: that of the images the prior will see, such as "PLS"; None: not checked.
        spacing: voxel size in mm of the images the prior will see, in the order of `orientation`; as many
            numbers as are known, rows first; None: not checked. Nor is it where the model was trained at each
            file's own.
        energy: "elbo" or "objective", as `VAEPrior` explains.
        samples: number of latent samples an image.
        seed: seed of their noise.
        pixel_scale: use the scale network that lies beside the weights, where there is one and the energy is
            the ELBO.
        device: where the prior computes.

    Returns:
        The prior and the preparation of its training images. A warning names both orientations, or both
        spacings, where the model's is another than the one stated.

    Raises:
        ValueError: If no configuration lies beside the weights, or the weights are another network's.
        FileNotFoundError: If there is no weight file.
    """
    path = Path(weights).with_name(CONFIGURATION)
    if not Path(weights).is_file():
        raise FileNotFoundError(f"no weight file at {weights}")
    if not path.is_file():
        raise ValueError(
            f"`weights` must have their run's {CONFIGURATION} beside them, got {weights} without"
        )
    parser = ConfigParser(ConfigParser.load_config_file(path))
    parser.get_parsed_content("imports")
    loss = _loss(parser)
    network = BlurVAE(
        parser.get_parsed_content("encoder"),
        parser.get_parsed_content("decoder"),
        parser.get_parsed_content("kernel_net") if loss.needs_kernel else None,
        loss,
    )
    load_weights(network, weights)
    trained: dict[str, Any] = {
        name: parser.get_parsed_content(name) for name in ("orientation", "spacing", "percentile", "beta")
    }
    if orientation not in {None, trained["orientation"]}:
        _warn("orientation", trained["orientation"], orientation)
    if trained["spacing"] is not None and spacing is not None:
        pairs = zip(trained["spacing"], spacing, strict=False)
        if any(abs(ours - theirs) > RELATIVE_TOLERANCE * ours for ours, theirs in pairs):
            _warn("spacing", tuple(trained["spacing"]), tuple(spacing))
    scales = read_pixel_scale(weights, network.channels) if pixel_scale and energy == "elbo" else None
    prior = VAEPrior(network, loss, samples, seed, energy, trained["beta"], scales)
    return LoadedPrior(
        prior.to(device),
        trained["orientation"],
        None if trained["spacing"] is None else tuple(trained["spacing"]),
        trained["percentile"],
    )


def _loss(parser: ConfigParser) -> ReconstructionLoss:
    # a configuration gives the losses themselves, or what makes them
    found: Any = parser.get_parsed_content(f"losses::{parser.get_parsed_content('loss')}")
    return found if isinstance(found, ReconstructionLoss) else found()  # type: ignore[no-any-return]


def _warn(name: str, trained: object, stated: object) -> None:
    warnings.warn(f"the model was trained at {name} {trained}, and is used at {name} {stated}", stacklevel=3)
