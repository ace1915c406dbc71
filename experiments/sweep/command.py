"""The command line of one run, as a user would type it."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from fire.parser import DefaultParseValue

from experiments.sweep.plan import PlannedRun

OWN = ("config_file", "output_dir", "run_name", "resume", "run_id")
"""Settings that the sweep itself gives every run."""


def read_overrides(words: Sequence[str], runs: Iterable[PlannedRun]) -> dict[str, str]:
    """Read the settings given for all runs on the command line.

    Args:
        words: `--name value` or `--name=value`, any number of them.
        runs: the sweep's runs, whose own settings are refused here.

    Returns:
        Name to value, as typed.

    Raises:
        ValueError: a word is no setting, a setting has no value, or the sweep sets it itself.

    Example:
        >>> read_overrides(["--dataset_dir", "t1_brain", "--epochs=2"], [])
        {'dataset_dir': 't1_brain', 'epochs': '2'}
    """
    taken = dict.fromkeys(OWN, "sets it for every run")
    for run in runs:
        for name in run.settings:
            taken.setdefault(name, f"sets it in entry {run.entry} of `runs`")
    overrides: dict[str, str] = {}
    rest = list(words)
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        if not name.startswith("--") or len(name) == 2:
            raise ValueError(f"settings must be given as --name value, got {name!r}")
        name = name[2:]
        if name in taken:
            raise ValueError(f"`{name}` must be left to the sweep, which {taken[name]}, got --{name}")
        if not equals:
            if not rest or rest[0].startswith("--"):
                raise ValueError(f"`{name}` must have a value, got none after --{name}")
            value = rest.pop(0)
        overrides[name] = value
    return overrides


def as_word(value: object) -> str:
    """Write a value so that the command line reads it back.

    Args:
        value: a number, text, truth value or None.

    Returns:
        The word: text as it is, unless it would be read as something else.

    Example:
        >>> as_word(0.5), as_word("l2"), as_word("2")
        ('0.5', 'l2', "'2'")
    """
    if isinstance(value, str) and DefaultParseValue(value) == value:
        return value
    return repr(value)


def command_line(
    run: PlannedRun, output_dir: str | Path, overrides: Mapping[str, str], resume: bool = False
) -> list[str]:
    """Give the command that trains a run.

    Args:
        run: the run.
        output_dir: folder of all runs.
        overrides: settings for all runs, as typed.
        resume: whether to go on with the run that is in its folder.

    Returns:
        The words, the interpreter first.
    """
    settings = {
        "config_file": repr([_short(path) for path in run.files]).replace(", ", ","),
        "output_dir": str(output_dir),
        "run_name": run.name,
        **{name: as_word(value) for name, value in run.settings.items()},
        **overrides,
    }
    if resume:
        settings["resume"] = str(Path(output_dir, run.name))
    words = [word for name, value in settings.items() for word in (f"--{name}", value)]
    return [sys.executable, "-m", "monai.bundle", "run", "training", *words]


def _short(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
