"""The command lines that make or complete a run, from its folder alone."""

import shlex
from pathlib import Path

BUNDLE = "python -m monai.bundle run"


def shown(path: Path) -> str:
    """Write a path for people: relative to the current folder where it lies below it.

    Args:
        path: any path.

    Returns:
        The path.
    """
    absolute, here = path.resolve(), Path.cwd()
    return (absolute.relative_to(here) if absolute.is_relative_to(here) else path).as_posix()


def train_again(folder: Path) -> str:
    """Make a run again.

    Args:
        folder: the run's folder.

    Returns:
        The command line.
    """
    config, name = shlex.quote(shown(folder / "config.json")), shlex.quote(f"{folder.name}-again")
    return f"{BUNDLE} training --config_file {config} --run_name {name}"


def complete(folder: Path) -> str:
    """Go on with a run that was stopped, from its checkpoint where it has one.

    Args:
        folder: the run's folder.

    Returns:
        The command line.
    """
    if not (folder / "checkpoint.pt").is_file():
        return train_again(folder)
    config, run = shlex.quote(shown(folder / "config.json")), shlex.quote(shown(folder))
    return f"{BUNDLE} training --config_file {config} --resume {run}"


def evaluate(folder: Path) -> str:
    """Evaluate a run's best weights on the test split.

    Args:
        folder: the run's folder.

    Returns:
        The command line; that which makes the run again where it left no weights.
    """
    weights = folder / "model.pt"
    if not weights.is_file():
        return train_again(folder)
    files = f"['{shown(folder / 'config.json')}','bundle/configs/evaluate.json']"
    return f'{BUNDLE} evaluating --config_file "{files}" --ckpt_path {shlex.quote(shown(weights))}'
