"""The settings that weights were trained with: plain data in `settings.json` beside them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from torch import Tensor

from monai_blurvae.checks import checked_orientation
from monai_blurvae.files import did_you_mean, read_record, write_json
from monai_blurvae.losses import LossSettings
from monai_blurvae.networks import ModelSettings
from monai_blurvae.networks.weights import MAKE_WEIGHTS, read_weights
from monai_blurvae.priors import SliceSettings
from monai_blurvae.settings import Checked, Millimetres, NotNegative, Percentile, Share, checked, from_mapping
from monai_blurvae.workflow.companion import fingerprint

SETTINGS = "settings.json"
FORMAT = 1
"""Version of the file's layout."""
OWNER = "weights"
"""The entry of the file that identifies its weights; a run's file has none, since its weights change."""
PATH_SETTING = "loss.watson_weights"
"""A path, which may differ from machine to machine."""
LARGEST_FILE = 1_000_000
"""Bytes; a settings file is a few kilobytes."""


@dataclass(frozen=True)
class ImageSettings(Checked):
    """How images were prepared for the network."""

    orientation: str = "PLS"
    """Directions towards which rows, columns and slices run."""
    spacing: tuple[Millimetres, Millimetres, Millimetres] | None = None
    """Voxel size, (row, column, slice); null: each file's own."""
    percentile: Percentile = 99.5
    """Percentile of the non-zero voxels that is 1; 0 is -1."""
    min_brain: Share = 0.5
    """Least share of brain in a patch."""

    def __post_init__(self) -> None:
        super().__post_init__()
        checked_orientation(self.orientation, letters=(3,))


@dataclass(frozen=True)
class Settings:
    """Everything needed to use weights, as plain values: nothing in it is evaluated."""

    model: ModelSettings | None
    """The network; None where the configuration replaced `network_def`."""
    loss: LossSettings | None
    """The reconstruction term; None where the configuration replaced `reconstruction_loss`."""
    images: ImageSettings = field(default_factory=ImageSettings)
    """How images were prepared."""
    beta: NotNegative = 1.0
    """Weight of the KL divergence in training."""
    reconstruction: SliceSettings = field(default_factory=SliceSettings)
    """How the model serves as a prior of slices: grid, phase and intensity range."""


def settings_from(values: Mapping[str, Any], complete: bool = False) -> Settings:
    """Check plain values.

    Args:
        values: what a `settings.json` holds, its format aside.
        complete: whether nothing may be left to a default, as in a file.

    Returns:
        The settings.

    Raises:
        ValueError: If a key is unknown or missing, or a value has the wrong type.
    """
    if not isinstance(values, Mapping):
        raise ValueError(f"`values` must be a mapping of settings, got {type(values).__name__}")
    known = [part.name for part in fields(Settings)]
    for key in values:
        if key not in known:
            raise ValueError(
                f"settings must hold only {', '.join(known)}, got {key!r}{did_you_mean(str(key), known)}"
            )
    missing = [name for name in known if complete and name not in values]
    if missing:
        raise ValueError(
            f"settings must state {', '.join(missing)}, got only {', '.join(values) or 'nothing'}"
        )
    parts = {"model": ModelSettings, "loss": LossSettings}
    made: dict[str, Any] = {
        name: None if values.get(name) is None else from_mapping(kind, values[name], name, complete)
        for name, kind in parts.items()
    }
    images = from_mapping(ImageSettings, values.get("images", {}), "images", complete)
    beta = checked(values.get("beta", 1.0), NotNegative, "beta")
    slices = values.get("reconstruction", {})
    if not complete and isinstance(slices, Mapping):
        slices = {"percentile": images.percentile, **slices}
    reconstruction = from_mapping(SliceSettings, slices, "reconstruction", complete)
    return Settings(**made, images=images, beta=beta, reconstruction=reconstruction)


def read_settings(weights: str | Path) -> Settings:
    """Read the settings beside a weight file.

    Args:
        weights: the weight file.

    Returns:
        The settings.

    Raises:
        FileNotFoundError: If there is no weight file.
        ValueError: If there is no settings file beside it, or it is not one of this package, or belongs to
            other weights.
    """
    path = Path(weights).with_name(SETTINGS)
    if not Path(weights).is_file():
        raise FileNotFoundError(
            f"no weight file at {weights}: make one with `{MAKE_WEIGHTS}`, then name its model.pt"
        )
    if not path.is_file():
        raise ValueError(
            f"`weights` must have their {SETTINGS} beside them, got {weights} without: a run writes both, "
            "and so does `save_pretrained`"
        )
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError(f"{path} must be a settings file of at most {LARGEST_FILE} bytes, got more")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} must be JSON, got {error}") from error
    if not isinstance(values, dict) or repr(values.pop("format", None)) != repr(FORMAT):
        raise ValueError(f"{path} must be settings of format {FORMAT}, got something else")
    owner = values.pop(OWNER, None)
    try:
        settings = settings_from(values, complete=True)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    if owner is not None and owner != _identity(read_weights(weights)):
        raise ValueError(
            f"{path} must belong to {weights}, got settings of other weights: two models were mixed in this "
            "folder. Save one of them again with `save_pretrained`"
        )
    return settings


def _identity(state: Mapping[str, Tensor]) -> str:
    return bytes(fingerprint(state).tolist()).hex()


def plain(settings: Settings) -> dict[str, Any]:
    """Give the values of JSON that a settings file holds."""
    values: dict[str, Any] = json.loads(json.dumps({"format": FORMAT, **asdict(settings)}))
    return values


def write_settings(folder: str | Path, settings: Settings, state: Mapping[str, Tensor] | None = None) -> None:
    """Write settings into a folder, for the weights beside them.

    Args:
        folder: the folder.
        settings: the settings.
        state: the weights they belong to; they are refused beside others. None: any weights.
    """
    owner = {} if state is None else {OWNER: _identity(state)}
    write_json(Path(folder, SETTINGS), plain(settings) | owner)


def refuse_other_settings(path: Path, settings: Mapping[str, Any]) -> None:
    """Refuse settings that differ from those in a file; sections that they lack are not compared.

    Args:
        path: the settings file of the run's start.
        settings: plain values, as `plain` gives them.

    Raises:
        ValueError: If a setting differs.
    """
    record = read_record(path)
    began = _by_name({name: record.get(name) for name in settings})
    now = _by_name(settings)
    for name in {**began, **now}:
        if name != PATH_SETTING and began.get(name) != now.get(name):
            raise ValueError(
                f"`{name}` must stay what the run began with, {began.get(name)!r} in {path}, "
                f"got {now.get(name)!r}"
            )


def _by_name(values: Mapping[str, Any]) -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in values.items():
        flat |= (
            {f"{name}.{key}": inner for key, inner in value.items()}
            if isinstance(value, dict)
            else {name: value}
        )
    return flat
