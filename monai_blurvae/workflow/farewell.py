"""The last words of a command: its metrics, where its results are, the exit code after Ctrl-C."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from monai_blurvae.metrics import NotComputed

FILES = {
    "Best weights": "model.pt",
    "Checkpoint": "checkpoint.pt",
    "Metrics": "metrics.csv",
    "ELBOs": "elbo.csv",
    "Samples": "samples.png",
    "Comparison": "comparison.png",
    "Slices": "reconstruction.png",
    "Numbers": "reconstruction.json",
}
"""Files that a run may write, each after the word that is printed before it."""

FEW = 4
"""Volumes that are named one by one."""

EXIT_CODE = 130
"""128 and the number of the signal that Ctrl-C sends."""


def say_where(run_dir: str, rank: int = 0, files: Mapping[str, str] | None = None) -> None:
    """Print the places of what a run wrote.

    Args:
        run_dir: the run's folder.
        rank: only rank 0 speaks.
        files: further files of this command, each after the word to print before it.
    """
    if rank != 0:
        return
    folder = Path(run_dir)
    pictures = sorted(folder.glob("images/*.png")) or sorted(folder.glob("*/images/*.png"))
    measures = sorted(folder.glob("*/measures.json"))
    lines = [f"Run folder:   {folder}"]
    if pictures:
        lines.append(f"Pictures:     {_last_of(pictures)}")
    for label, name in {**FILES, **(files or {})}.items():
        if (folder / name).is_file():
            lines.append(f"{label + ':':<13} {folder / name}")
    lines += [f"Measures:     {path}" for path in measures]
    volumes = sorted(folder.glob("*.nii*"))
    if volumes:
        named = volumes if len(volumes) <= FEW else [_last_of(volumes)]
        lines += [f"Volumes:      {path}" for path in named]
    if (folder / "tensorboard").is_dir():
        lines.append(f"TensorBoard:  tensorboard --logdir {folder.parent}")
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
    sys.stdout.flush()


def _last_of(paths: Sequence[Path]) -> str:
    return f"{paths[-1]} and {len(paths) - 1} more" if len(paths) > 1 else str(paths[-1])


def say_metrics(metrics: Mapping[str, Any], rank: int = 0) -> None:
    """Print an evaluation's metrics, one per line.

    Args:
        metrics: name to number, or to the reason why there is none.
        rank: only rank 0 speaks.
    """
    if rank != 0:
        return
    width = max(map(len, metrics), default=0)
    for name, value in metrics.items():
        shown = f"not computed: {value.reason}" if isinstance(value, NotComputed) else f"{float(value):.4g}"
        sys.stdout.write(f"{name:<{width}}  {shown}\n")


def exit_if_interrupted(interrupted: bool) -> None:
    """End the process with exit code 130, if it was interrupted.

    Args:
        interrupted: whether it was.

    Raises:
        SystemExit: If it was.
    """
    if interrupted:
        sys.stderr.write("Interrupted: what was written is unfinished.\n")
        raise SystemExit(EXIT_CODE)
