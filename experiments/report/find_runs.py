"""Find the folders of runs below some folders."""

import os
from collections.abc import Iterable
from pathlib import Path

MARKS = ("config.json", "environment.json", "metrics.csv", "model.pt")
"""Any of these makes a folder that of a run."""


def find_run_folders(parents: Iterable[str | Path]) -> tuple[list[Path], list[Path]]:
    """Find the folders of runs, in any depth.

    Args:
        parents: folders of runs, or runs themselves.

    Returns:
        The runs' folders in order, and the folders beside them that hold no run at all.

    Raises:
        ValueError: If one of the parents is no folder.
    """
    runs: dict[Path, Path] = {}
    empty: list[Path] = []
    for parent in map(Path, parents):
        if not parent.is_dir():
            raise ValueError(f"`RUNS` must be folders, got {str(parent)!r}")
        found, others = [], []
        for name, children, files in os.walk(parent):
            folder = Path(name)
            children[:] = sorted(child for child in children if not child.startswith("."))
            if set(MARKS).isdisjoint(files):
                others.append(folder)
            else:
                children.clear()
                found.append(folder)
        runs |= {folder.resolve(): folder for folder in found}
        above = {ancestor for folder in found for ancestor in folder.parents}
        empty += [folder for folder in others if folder not in above and folder.parent in above]
    return list(runs.values()), empty
