"""Train the runs of a sweep one after the other, each in a process of its own."""

import fcntl
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import BinaryIO

from experiments.sweep.command import command_line
from experiments.sweep.plan import PlannedRun
from experiments.sweep.state import State, difference, state_of
from monai_blurvae import __version__
from monai_blurvae.files import written_by_another

LAST_LINES = 6
"""How much of a failed run's log is shown."""


class Outcome(StrEnum):
    """What became of a run."""

    TRAINED = "trained"
    SKIPPED = "finished before"
    ELSEWHERE = "left to another process"
    FAILED = "failed"


def run_sweep(
    runs: Sequence[PlannedRun], output_dir: str | Path, overrides: Mapping[str, str]
) -> dict[str, Outcome]:
    """Train every run that is not finished, resume those that stopped, and go on where one fails.

    Args:
        runs: the runs.
        output_dir: folder of all runs; `NAME.log` in it gets the output of the run `NAME`.
        overrides: settings for all runs, as typed.

    Returns:
        What became of each run, by name.
    """
    Path(output_dir).mkdir(parents=True, exist_ok=True)
    outcomes: dict[str, Outcome] = {}
    for index, run in enumerate(runs, start=1):
        label = f"[{index:{len(str(len(runs)))}d}/{len(runs)}] {run.name}"
        start = time.monotonic()
        outcomes[run.name] = outcome = _train(run, Path(output_dir), overrides, label)
        duration = timedelta(seconds=round(time.monotonic() - start))
        after = f" in {duration}" if outcome in {Outcome.TRAINED, Outcome.FAILED} else ""
        _say(f"{label}: {outcome}{after}, {len(runs) - index} left")
    return outcomes


def _train(run: PlannedRun, output_dir: Path, overrides: Mapping[str, str], label: str) -> Outcome:
    """Bring one run to its end, unless it is there or in other hands.

    Args:
        run: the run.
        output_dir: folder of all runs.
        overrides: settings for all runs, as typed.
        label: how its lines begin.

    Returns:
        What became of it.
    """
    folder, log_path = output_dir / run.name, output_dir / f"{run.name}.log"
    with _held(log_path) as log:
        if log is None:
            return Outcome.ELSEWHERE
        try:
            state = state_of(folder)
            other = written_by_another(folder) if state in {State.STOPPED, State.FINISHED} else None
            differs = None if state is State.NEW else difference(run, folder, overrides)
        except ValueError as error:
            _say(f"{label}: what is in {folder} cannot be read: {error}")
            return Outcome.FAILED
        if other is not None:
            _say(f"{label}: {refused_version(other)}: choose another -o, or move {folder} away")
            return Outcome.FAILED
        if differs is not None:
            _say(f"{label}: another run is in its folder, {differs}: choose another -o, or move it away")
            return Outcome.FAILED
        if state is State.FINISHED:
            return Outcome.SKIPPED
        if state is State.BEGUN:
            aside = _moved_aside(folder)
            _say(f"{label}: stopped before its first checkpoint, begins anew; what was there is in {aside}")
        verb = "resuming" if state is State.STOPPED else "training"
        _say(f"{label}: {verb}, output in {log_path}")
        command = command_line(run, output_dir, overrides, resume=state is State.STOPPED)
        log.write(f"$ {shlex.join(command)}\n".encode())
        log.flush()
        status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False)
    if status.returncode == 0 and state_of(folder) is State.FINISHED:
        return Outcome.TRAINED
    lines = log_path.read_text(errors="replace").rstrip().splitlines()[-LAST_LINES:]
    _say(f"{label}: exit status {status.returncode}, the last lines of {log_path}:")
    _say("\n".join(f"    {line}" for line in lines))
    return Outcome.FAILED


def refused_version(other: str) -> str:
    """Say that a run in the folder counts for nothing here.

    Args:
        other: the package with the version that wrote it.

    Returns:
        The reason.
    """
    return f"{other} wrote what is in its folder, and {__version__} is in use"


def _moved_aside(folder: Path) -> Path:
    """Rename a run's folder: NAME.stopped1, or the next number that is free.

    Args:
        folder: the folder.

    Returns:
        Where it is now.
    """
    names = (folder.with_name(f"{folder.name}.stopped{number}") for number in count(1))
    return folder.rename(next(path for path in names if not path.exists()))


@contextmanager
def _held(log_path: Path) -> Iterator[BinaryIO | None]:
    """Open a run's log for appending and lock it: who holds the lock makes the run.

    The run's own process inherits the open file, and so the lock, which thus lasts as long as
    either lives and falls with them.

    Args:
        log_path: the log.

    Yields:
        The file; None where another process holds it.
    """
    with log_path.open("ab") as log:
        try:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield log


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
