"""Training, validation and test volumes of a folder, split by subject."""

import re
from pathlib import Path

from monai_blurvae.data.split import Split, Unit, check_share, existing_folder, split_folder

VOLUMES = (
    "a folder of skull-stripped T1-weighted NIfTI volumes, background 0, such as those of the Human"
    " Connectome Project (https://www.humanconnectome.org, after registration, under its terms) or of"
    " https://openneuro.org/datasets/ds002748 (CC0, to be skull-stripped); put them anywhere and pass"
    " `--dataset_dir DIR`"
)
LAYOUTS = (
    "*.nii[.gz] directly in it, in train/ + test/ (+ val/), or as BIDS sub-*/[ses-*/]anat/*_T1w.nii[.gz]"
)


def find_subjects(dataset_dir: str | Path | None, seed: int = 0, held_out: float = 0.2) -> Split[Path]:
    """Find the volumes of a data set and split them by subject, as `split_folder` does.

    Args:
        dataset_dir: folder of NIfTI volumes: flat, train/ + test/ (+ val/), or BIDS. None is refused with a
            message that says what belongs there.
        seed: chooses the subjects that are held out.
        held_out: share of the subjects held out in each draw, in (0, 1).

    Returns:
        The files of each part, sorted.

    Raises:
        ValueError: If the folder is missing or empty, or has too few subjects for the split it needs.
    """
    check_share("held_out", held_out)
    folder = existing_folder(dataset_dir, VOLUMES)
    return split_folder(folder, find_volumes, Unit("subjects", subject_name), (held_out, held_out), seed)


def find_volumes(folder: str | Path) -> list[Path]:
    """List the NIfTI volumes of one folder.

    Args:
        folder: holds *.nii[.gz] directly, or BIDS subjects.

    Returns:
        Paths, sorted by name.

    Raises:
        ValueError: If the folder is missing or holds no volume.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"`dataset_dir` must be an existing folder, got {folder}")
    found = _nifti(folder, "*")
    if not found:
        found = _nifti(folder, "sub-*/anat/*_T1w") + _nifti(folder, "sub-*/ses-*/anat/*_T1w")
    if not found:
        raise ValueError(f"`dataset_dir` must hold volumes ({LAYOUTS}), got none in {folder}")
    return sorted(found)


def find_all_volumes(folder: str | Path) -> list[Path]:
    """List the NIfTI volumes of all parts of a data set.

    Args:
        folder: train/ + test/ (+ val/), or what `find_volumes` takes.

    Returns:
        Paths, sorted by name in each part.

    Raises:
        ValueError: If the folder is missing or holds no volume, or two volumes have one name.
    """
    parts = [part for part in (Path(folder, name) for name in Split._fields) if part.is_dir()]
    if not Path(folder, "train").is_dir():  # as in training
        parts = [Path(folder)]
    found = [path for part in parts for path in find_volumes(part)]
    names = [stem(path) for path in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"`dataset_dir` must hold volumes of different names, got two of {twice}")
    return found


def subject_name(path: Path) -> str:
    """The subject that a file belongs to: its BIDS entity, such as sub-01, or else its whole name."""
    entity = re.match(r"sub-[A-Za-z0-9]+", path.name)
    return entity.group() if entity else stem(path)


def stem(path: Path) -> str:
    """The name of a volume without .nii or .nii.gz."""
    return path.name.removesuffix(".gz").removesuffix(".nii")


def _nifti(folder: Path, pattern: str) -> list[Path]:
    found = [*folder.glob(f"{pattern}.nii"), *folder.glob(f"{pattern}.nii.gz")]
    return [path for path in found if path.is_file() and not path.name.startswith(".")]
