"""The three parts of a data set."""

from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from monai_blurvae.data.images.picture import Picture

File = TypeVar("File", Path, Picture)


class Split(NamedTuple, Generic[File]):
    """What is in each part: paths of volumes, or images. A subject's volumes are all in one part."""

    train: list[File]
    """What the weights are fitted to."""
    val: list[File]
    """What chooses the best checkpoint, held out of training."""
    test: list[File]
    """What results are reported on."""

    def part(self, name: str) -> list[File]:
        """Give one part.

        Args:
            name: "train", "val" or "test".

        Returns:
            What is in it.

        Raises:
            ValueError: If there is no such part.
        """
        if name not in self._fields:
            raise ValueError(f"`split` must be one of {', '.join(self._fields)}, got {name!r}")
        part: list[File] = getattr(self, name)
        return part


def check_share(name: str, share: float) -> None:
    """Refuse a share that would leave one side of a split empty.

    Args:
        name: What it is called.
        share: The share.

    Raises:
        ValueError: If it is not between 0 and 1.
    """
    if not 0 < share < 1:
        raise ValueError(f"`{name}` must be in (0, 1), got {share}")


def held_out_of(count: int, share: float, seed: int) -> set[int]:
    """Draw which of so many are held out: a share of them, at least one, never all.

    Args:
        count: How many there are, at least 2.
        share: Share that is held out, in (0, 1).
        seed: Chooses them.

    Returns:
        Their indices.

    Example:
        >>> len(held_out_of(10, 0.2, seed=0))
        2
    """
    number = min(max(1, round(share * count)), count - 1)
    return set(np.random.default_rng(seed).permutation(count)[:number].tolist())


def existing_folder(dataset_dir: str | Path | None, wanted: str) -> Path:
    """Check that a data set's folder is there.

    Args:
        dataset_dir: The folder; None where the user named none.
        wanted: What the folder should be, for the error.

    Returns:
        The folder.

    Raises:
        ValueError: If there is no such folder.
    """
    if dataset_dir is None or not Path(dataset_dir).is_dir():
        raise ValueError(f"`dataset_dir` must be {wanted}; got {dataset_dir}, which is no folder")
    return Path(dataset_dir)
