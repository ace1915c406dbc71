"""The folder of a run: claimed by one process, and never written over."""

import re
import sys
from itertools import count
from pathlib import Path
from typing import Any

import torch.distributed as dist

from monai_blurvae import __version__
from monai_blurvae.files import (
    CONFIGURATION,
    ENVIRONMENT,
    PACKAGE,
    read_record,
    records,
    written_by_another,
)
from monai_blurvae.workflow.claim import claim
from monai_blurvae.workflow.farewell import FILES

NAMED_BY_TIME = re.compile(r"-\d{8}-\d{6}$")
"""The end of a name that a configuration made."""


def stopped_unsaved(folder: Path) -> bool:
    """Tell whether a folder's run stopped before its first checkpoint and its end: it can begin anew."""
    environments = records(folder, ENVIRONMENT)
    return (
        bool(environments)
        and not (folder / FILES["Checkpoint"]).exists()
        and "finished" not in read_record(environments[-1])
    )


def set_aside(folder: Path) -> None:
    """Move what a stopped run left in its folder into NAME.stopped1, and say so; hidden files stay."""
    names = (folder.with_name(f"{folder.name}.stopped{number}") for number in count(1))
    aside = next(path for path in names if not path.exists())
    aside.mkdir()
    for path in sorted(folder.iterdir()):
        if not path.name.startswith("."):
            path.rename(aside / path.name)
    sys.stdout.write(
        f"{folder.name} stopped before its first checkpoint and begins anew; what it left is in {aside}\n"
    )


def new_run_folder(output_dir: str, name: str, resume: str | None = None) -> str:
    """Make the folder of a run, or find that of the run to resume, and claim it for this process.

    Among distributed processes, rank 0 does so and tells its name to the other ranks. Of runs that started
    in the same second under a name with the time, the later ones get a number. What a run of this name left
    that stopped before its first checkpoint is set aside.

    Args:
        output_dir: folder of all runs.
        name: the run's name, which is the name of its folder in `output_dir`.
        resume: folder of the run to go on with, or None for a new run.

    Returns:
        The folder.

    Raises:
        FileExistsError: a run of that name exists already.
        FileNotFoundError: `resume` is not the folder of a run.
        BlockingIOError: another process is writing this run.
        ValueError: another version of the package wrote the run to resume, or a record of it is unreadable.
            Or the name leads out of `output_dir`.
    """
    ranked = dist.is_available() and dist.is_initialized()
    shared: list[Any] = [None]
    if not ranked or dist.get_rank() == 0:
        try:
            shared = [_claimed(output_dir, name, resume)]
        except (OSError, ValueError) as error:
            shared = [error]
    if ranked:
        dist.broadcast_object_list(shared)
    if isinstance(shared[0], Exception):
        raise shared[0]
    return str(shared[0])


def _claimed(output_dir: str, name: str, resume: str | None) -> Path:
    if resume is not None:
        if not Path(resume, CONFIGURATION).is_file():
            raise FileNotFoundError(
                f"`resume` must be the folder of a run, with {CONFIGURATION} in it, got {resume!r}."
            )
        other = written_by_another(resume)
        if other is not None:
            raise ValueError(
                f"`resume` must be a run that {PACKAGE} {__version__} wrote, the one in use, got {resume!r}, "
                f"which {other} wrote: go on with that version, or make the run anew."
            )
        claim(Path(resume))
        return Path(resume)
    if not isinstance(name, str) or not Path(name).parts or Path(name).anchor or ".." in Path(name).parts:
        raise ValueError(f"`run_name` must be the name of a folder in {output_dir!r}, got {name!r}.")
    timed = NAMED_BY_TIME.search(name) is not None
    for number in count(1) if timed else [1]:
        folder = Path(output_dir, name if number == 1 else f"{name}-{number}")
        if _is_taken(folder) and not stopped_unsaved(folder):
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (NotADirectoryError, FileExistsError) as error:
            raise ValueError(
                f"`output_dir` must be a folder, or a new name below one, got {output_dir!r}, "
                "which is a file or lies below one."
            ) from error
        try:
            claim(folder)
        except BlockingIOError:
            if timed:
                continue
            raise
        if stopped_unsaved(folder):
            set_aside(folder)
        if not _is_taken(folder):  # nor since the claim
            return folder
    raise FileExistsError(
        f"`run_name` must be a new one, since a run is never written over, got {name!r}, which exists in "
        f"{output_dir!r}: choose another --run_name, or go on with it by --resume."
    )


def _is_taken(folder: Path) -> bool:
    # a start that was refused leaves a folder without a configuration: that is not a run yet
    return (folder / CONFIGURATION).exists() or folder.is_file()
