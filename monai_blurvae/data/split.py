"""The three parts of a data set, taken from its folders or drawn by a seed."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from monai_blurvae.checks import check_in

File = TypeVar("File")


class Split(NamedTuple, Generic[File]):
    """The files of each part. All volumes of a subject are in one part."""

    train: list[File]
    """The weights are fitted to these."""
    val: list[File]
    """These choose the best checkpoint; they are held out of training."""
    test: list[File]
    """Results are reported on these."""

    def part(self, name: str) -> list[File]:
        """Give the files of one part: "train", "val" or "test"."""
        if name not in self._fields:
            raise ValueError(f"`split` must be one of {', '.join(self._fields)}, got {name!r}")
        part: list[File] = getattr(self, name)
        return part


class Unit(NamedTuple):
    """A unit that is held out as a whole: a subject or an image."""

    plural: str
    """Its name in messages."""
    of: Callable[[Any], Any]
    """Gives the unit that a file belongs to; units can be sorted."""


def split_folder(
    folder: Path,
    find: Callable[[Path], list[File]],
    unit: Unit,
    shares: tuple[float, float],
    seed: int,
) -> Split[File]:
    """Split the files of a folder.

    train/, test/ and val/ are taken as they are. A part that the folder lacks is drawn: first the test units,
    then the validation units out of those left, at least one each time.

    Args:
        folder: the data set.
        find: lists the files of a folder, in order.
        unit: a unit that is held out as a whole: a subject or an image.
        shares: shares of the units that test, and of the training units that validate.
        seed: chooses the units that are held out.

    Returns:
        The files of each part, in the order in which they were found.

    Raises:
        ValueError: If there is a train folder without a test folder, or there are too few units.
    """
    held_out, validation = shares

    def draw(files: list[File], where: Path, needed: int, share: float) -> tuple[list[File], list[File]]:
        count = len({unit.of(file) for file in files})
        if count < needed:
            parts = "training, validation and test" if needed == 3 else "training and validation"
            raise ValueError(
                f"`dataset_dir` must hold at least {needed} {unit.plural} to split into {parts},"
                f" got {count} in {where}"
            )
        return hold_out(files, unit, share, seed + (needed == 2))

    train_dir = folder / "train"
    if not train_dir.is_dir():
        rest, test = draw(find(folder), folder, 3, held_out)
        train, val = draw(rest, folder, 2, validation)
        return Split(train, val, test)
    if not (folder / "test").is_dir():
        raise ValueError(f"`dataset_dir` must hold a test folder beside {train_dir}, got none")
    train, test = find(train_dir), find(folder / "test")
    if (folder / "val").is_dir():
        return Split(train, find(folder / "val"), test)
    train, val = draw(train, train_dir, 2, validation)
    return Split(train, val, test)


def hold_out(files: Sequence[File], unit: Unit, share: float, seed: int) -> tuple[list[File], list[File]]:
    """Hold out a share of the units: at least one, never all. Gives the files kept, then those held out."""
    units = [unit.of(file) for file in files]
    ordered = sorted(set(units))
    chosen = {ordered[index] for index in held_out_of(len(ordered), share, seed)}
    kept = [file for file, own in zip(files, units, strict=True) if own not in chosen]
    return kept, [file for file, own in zip(files, units, strict=True) if own in chosen]


def held_out_of(count: int, share: float, seed: int) -> set[int]:
    """Draw the indices of a share of `count` units, at least 2: at least one, never all."""
    number = min(max(1, round(share * count)), count - 1)
    return set(np.random.default_rng(seed).permutation(count)[:number].tolist())


def check_share(name: str, share: float) -> None:
    """Raise a ValueError if a share would leave one side of a split empty."""
    check_in("(0, 1)", **{name: share})


def existing_folder(dataset_dir: str | Path | None, wanted: str) -> Path:
    """Give a data set's folder, or refuse it with what it should be."""
    if dataset_dir is None or not Path(dataset_dir).is_dir():
        raise ValueError(f"`dataset_dir` must be {wanted}; got {dataset_dir}, which is no folder")
    return Path(dataset_dir)
