"""How far a run is, told from its folder."""

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from fire.parser import DefaultParseValue
from monai.bundle import ConfigParser

from experiments.sweep.plan import PlannedRun
from monai_blurvae.files import CONFIGURATION, ENVIRONMENT, read_record, records

CHECKPOINT = "checkpoint.pt"
MACHINE = ("bundle_root", "cache_dir", "cache_in_memory", "num_workers", "device", "amp", "compile")
"""Settings that may differ between two parts of one run: they say where and how fast it is made, not what."""


class State(StrEnum):
    """How far a run is."""

    NEW = "new"
    """Nothing of it is there."""
    BEGUN = "begun"
    """It stopped before its first checkpoint: nothing of it can be gone on with."""
    STOPPED = "stopped"
    """It has a checkpoint to go on from."""
    FINISHED = "finished"
    """It came to its end."""


def state_of(folder: str | Path) -> State:
    """Tell how far a run is.

    Args:
        folder: the run's folder, which need not exist.

    Returns:
        Its state, as its last resumption left it.

    Raises:
        ValueError: a record in it is no JSON, such as one that a full disk cut off.
    """
    folder = Path(folder)
    if not (folder / CONFIGURATION).is_file():
        return State.NEW
    environments = records(folder, ENVIRONMENT)
    if environments and "finished" in read_record(environments[-1]):
        return State.FINISHED
    return State.STOPPED if (folder / CHECKPOINT).is_file() else State.BEGUN


def difference(run: PlannedRun, folder: str | Path, overrides: Mapping[str, str]) -> str | None:
    """Name a setting in which the run in a folder is not the one planned.

    What the overlays, the sweep and the command line set is compared, and not the bundle's own file, whose
    defaults may move; nor are settings of the machine.

    Args:
        run: the run planned.
        folder: the folder of a run, with its configuration.
        overrides: settings for all runs, as typed.

    Returns:
        A sentence, or None where both are the same run.

    Raises:
        ValueError: the folder's configuration is no JSON.
    """
    set_on_top = {**run.settings, **{name: DefaultParseValue(text) for name, text in overrides.items()}}
    wanted = ConfigParser(ConfigParser.load_config_files([str(path) for path in run.files]))
    for name, value in set_on_top.items():
        wanted[name] = value
    named = [name for path in run.files[1:] for name in ConfigParser.load_config_file(str(path))]
    path = Path(folder, CONFIGURATION)
    try:
        made = ConfigParser(json.loads(path.read_text()))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} must be a run's configuration, got {error}") from error
    for name in (item.lstrip("+") for item in (*named, *set_on_top)):
        if name in MACHINE:
            continue
        there = made.get(name)
        if there != wanted[name]:
            return f"`{name}` is {there!r} in {folder}, not {wanted[name]!r}"
    return None
