"""One run of a sweep, trained to its end: new, resumed from its checkpoint, or left as it is."""

import shlex
import subprocess
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from fire.parser import DefaultParseValue
from monai.bundle import ConfigParser

from experiments.sweep.plan import PlannedRun
from monai_blurvae import __version__
from monai_blurvae.files import CONFIGURATION, ENVIRONMENT, read_record, records, written_by_another
from monai_blurvae.workflow.run_folder import set_aside

CHECKPOINT = "checkpoint.pt"
MACHINE = ("bundle_root", "cache_dir", "cache_in_memory", "num_workers", "device", "amp", "compile")
"""Settings that may differ between two parts of one run: they say where it is made and how fast."""


class State(StrEnum):
    """How far a run is."""

    NEW = "new"
    """It has not been started."""
    BEGUN = "begun"
    """It stopped before its first checkpoint."""
    STOPPED = "stopped"
    """It stopped and has a checkpoint."""
    FINISHED = "finished"


def state_of(folder: str | Path) -> State:
    """Tell how far a run is."""
    folder = Path(folder)
    if not (folder / CONFIGURATION).is_file():
        return State.NEW
    environments = records(folder, ENVIRONMENT)
    if environments and "finished" in read_record(environments[-1]):
        return State.FINISHED
    return State.STOPPED if (folder / CHECKPOINT).is_file() else State.BEGUN


def difference(run: PlannedRun, folder: str | Path, overrides: Mapping[str, str]) -> str | None:
    """Name a setting in which the run in a folder is not the one planned.

    Compares what the overlays, the sweep and the command line set. Defaults of the bundle's own file may
    change, and so may settings of the machine.
    """
    on_top = {**run.settings, **{name: DefaultParseValue(text) for name, text in overrides.items()}}
    wanted = ConfigParser(ConfigParser.load_config_files([str(path) for path in run.files]))
    for name, value in on_top.items():
        wanted[name] = value
    named = [name for path in run.files[1:] for name in ConfigParser.load_config_file(str(path))]
    made = ConfigParser(read_record(Path(folder, CONFIGURATION)))
    for name in (item.lstrip("+") for item in (*named, *on_top)):
        if name not in MACHINE and made.get(name) != wanted[name]:
            return f"`{name}` is {made.get(name)!r} in {folder}, not {wanted[name]!r}"
    return None


def command_line(
    run: PlannedRun, output_dir: str | Path, overrides: Mapping[str, str], resume: bool = False
) -> list[str]:
    """Give the command that trains a run."""
    here = Path.cwd()
    files = [str(path.relative_to(here) if path.is_relative_to(here) else path) for path in run.files]
    settings = {
        "config_file": repr(files).replace(", ", ","),
        "output_dir": str(output_dir),
        "run_name": run.name,
        **{name: _word(value) for name, value in run.settings.items()},
        **overrides,
    }
    if resume:
        settings["resume"] = str(Path(output_dir, run.name))
    words = [word for name, value in settings.items() for word in (f"--{name}", value)]
    return [sys.executable, "-m", "monai.bundle", "run", "training", *words]


def train(run: PlannedRun, output_dir: str | Path, overrides: Mapping[str, str]) -> State:
    """Bring one run to its end."""
    folder = Path(output_dir, run.name)
    state = state_of(folder)
    if state is not State.NEW:
        other, differs = written_by_another(folder), difference(run, folder, overrides)
        if other is not None:
            raise ValueError(f"{other} wrote {folder}, and {__version__} is in use: choose another folder")
        if differs is not None:
            raise ValueError(f"another run is in its folder, {differs}: choose another folder")
    if state is State.FINISHED:
        return state
    if state is State.BEGUN:
        set_aside(folder)
    command = command_line(run, output_dir, overrides, resume=state is State.STOPPED)
    _say(f"$ {shlex.join(command)}")
    status = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
    if status != 0 or state_of(folder) is not State.FINISHED:
        raise RuntimeError(f"{run.name} did not finish, exit code {status}")
    return state


def _word(value: object) -> str:
    """Write a value so that the command line reads it back: text as it is where it stays text."""
    return value if isinstance(value, str) and DefaultParseValue(value) == value else repr(value)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
