"""The folder for the evaluation of a weight file: beside its run, with a name that no run has yet."""

from itertools import chain, count
from pathlib import Path

from monai_blurvae.files import CONFIGURATION, ENVIRONMENT


def _is_run(folder: Path) -> bool:
    return (folder / CONFIGURATION).is_file() and (folder / ENVIRONMENT).is_file()


def runs_beside(weights: str, runs: str) -> str:
    """Give the folder of all runs for the evaluation of a weight file.

    Args:
        weights: the weight file.
        runs: the bundle's folder of runs.

    Returns:
        The folder that holds the run of these weights; `runs` if the weights belong to no run.
    """
    folder = Path(weights).parent
    return str(folder.absolute().parent) if _is_run(folder) else runs


def evaluation_name(output_dir: str, weights: str, split: str) -> str:
    """Name an evaluation after the run (or the weight file) and the split: `mine-test`, then `mine-test2`...

    Args:
        output_dir: folder of all runs.
        weights: the weight file.
        split: which part of the data is evaluated.

    Returns:
        The first of these names that no run in `output_dir` has.
    """
    path = Path(weights).absolute()
    name = f"{path.parent.name if _is_run(path.parent) else path.stem}-{split}"
    names = chain([name], (f"{name}{number}" for number in count(2)))
    return next(name for name in names if not Path(output_dir, name, CONFIGURATION).exists())
