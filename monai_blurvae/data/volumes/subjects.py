"""Which NIfTI files of a folder train, validate and test: always whole subjects, never slices."""

import re
from collections.abc import Sequence
from pathlib import Path

from monai_blurvae.data.volumes.split import Split, check_share, existing_folder, held_out_of

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
    """Find the volumes of a data set and split them by subject.

    train/, test/ and val/ are taken as they are. A split that the folder lacks is drawn: first the test
    subjects, then the validation subjects out of those left, `held_out` of them and at least one each time.

    Args:
        dataset_dir: Folder of NIfTI volumes: flat, train/ + test/ (+ val/), or BIDS; None is refused, and the
            error says what belongs there.
        seed: Chooses the subjects held out.
        held_out: Share of the subjects held out in each draw, in (0, 1).

    Returns:
        The files of each part, sorted.

    Raises:
        ValueError: If the folder is missing or empty, or holds too few subjects for the split it needs.
    """
    check_share("held_out", held_out)
    folder = existing_folder(dataset_dir, VOLUMES)
    if not (folder / "train").is_dir():
        rest, test = split_subjects(find_volumes(folder), folder, 3, held_out, seed)
        train, val = split_subjects(rest, folder, 2, held_out, seed + 1)
        return Split(train, val, test)
    if not (folder / "test").is_dir():
        raise ValueError(f"`dataset_dir` must hold a test folder beside {folder / 'train'}, got none")
    train, test = find_volumes(folder / "train"), find_volumes(folder / "test")
    if (folder / "val").is_dir():
        return Split(train, find_volumes(folder / "val"), test)
    train, val = split_subjects(train, folder / "train", 2, held_out, seed + 1)
    return Split(train, val, test)


def find_volumes(folder: str | Path) -> list[Path]:
    """Every NIfTI volume of one folder, unsplit.

    Args:
        folder: Holds *.nii[.gz] directly, or BIDS subjects.

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


def split_subjects(
    paths: Sequence[Path], folder: Path, needed: int, held_out: float, seed: int
) -> tuple[list[Path], list[Path]]:
    """Hold out a share of the subjects, at least one.

    Args:
        paths: Volumes; those of one subject stay together (see `subject_name`).
        folder: Where they lie, for the error alone.
        needed: Fewest subjects that this split and those after it need.
        held_out: Share of the subjects held out, in (0, 1).
        seed: Chooses them.

    Returns:
        The volumes kept, then those held out, each sorted.

    Raises:
        ValueError: If there are fewer than `needed` subjects.
    """
    names = sorted({subject_name(path) for path in paths})
    if len(names) < needed:
        parts = "training, validation and test" if needed == 3 else "training and validation"
        raise ValueError(
            f"`dataset_dir` must hold at least {needed} subjects to split into {parts},"
            f" got {len(names)} in {folder}"
        )
    chosen = {names[i] for i in held_out_of(len(names), held_out, seed)}
    kept = [path for path in sorted(paths) if subject_name(path) not in chosen]
    return kept, [path for path in sorted(paths) if subject_name(path) in chosen]


def subject_name(path: Path) -> str:
    """The subject a file belongs to: its BIDS entity, else its whole name.

    Args:
        path: A volume.

    Returns:
        The name, such as sub-01.

    Example:
        >>> subject_name(Path("sub-01_ses-2_T1w.nii.gz")), subject_name(Path("a/100307.nii"))
        ('sub-01', '100307')
    """
    entity = re.match(r"sub-[A-Za-z0-9]+", path.name)
    return entity.group() if entity else path.name.removesuffix(".gz").removesuffix(".nii")


def _nifti(folder: Path, pattern: str) -> list[Path]:
    found = [*folder.glob(f"{pattern}.nii"), *folder.glob(f"{pattern}.nii.gz")]
    return [path for path in found if path.is_file() and not path.name.startswith(".")]
