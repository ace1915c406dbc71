"""Which images of a folder train, validate and test."""

import os
from collections.abc import Sequence
from pathlib import Path

from monai_blurvae.data.images.picture import Picture
from monai_blurvae.data.volumes.split import Split, check_share, existing_folder, held_out_of

HELD_OUT = 0.2
"""Share of the images that test."""
VALIDATION = 0.05
"""Share of the training images that choose the best checkpoint."""


def find_images(
    dataset_dir: str | Path | None,
    seed: int = 0,
    held_out: float = HELD_OUT,
    validation: float = VALIDATION,
    wanted: str = "a folder of images",
) -> Split[Picture]:
    """Find the images of a folder and split them, image by image.

    train/, test/ and val/ are taken as they are. A part that the folder lacks is drawn: first the test
    images, then the validation images out of those left, at least one each time.

    Args:
        dataset_dir: Folder of images: directly in it or in folders of it, or in train/ + test/ (+ val/).
        seed: Chooses the images held out.
        held_out: Share of the images that test, in (0, 1).
        validation: Share of the training images that validate, in (0, 1).
        wanted: What the folder should be, for the error: what to put there, from where, under which terms.

    Returns:
        The images of each part, sorted by name.

    Raises:
        ValueError: If a share is out of range, the folder is missing or empty, or holds too few images.
    """
    check_share("held_out", held_out)
    check_share("validation", validation)
    folder = existing_folder(dataset_dir, wanted)
    if not (folder / "train").is_dir():
        rest, test = split_pictures(images_in(folder, wanted), folder, 3, held_out, seed)
        train, val = split_pictures(rest, folder, 2, validation, seed + 1)
        return Split(train, val, test)
    if not (folder / "test").is_dir():
        raise ValueError(f"`dataset_dir` must hold a test folder beside {folder / 'train'}, got none")
    train, test = images_in(folder / "train", wanted), images_in(folder / "test", wanted)
    if (folder / "val").is_dir():
        return Split(train, images_in(folder / "val", wanted), test)
    train, val = split_pictures(train, folder / "train", 2, validation, seed + 1)
    return Split(train, val, test)


def images_in(folder: Path, wanted: str) -> list[Picture]:
    """List the files of a folder and of the folders in it, hidden ones left out.

    Every file counts as an image: one that is not is met, and named, when it is decoded.

    Args:
        folder: Holds images.
        wanted: What the folder should be, for the error.

    Returns:
        The images, sorted by path.

    Raises:
        ValueError: If there is no file.
    """
    found: list[str] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [os.path.join(parent, name) for name in names if not name.startswith(".")]  # noqa: PTH118 - fast
    if not found:
        raise ValueError(f"`dataset_dir` must be {wanted}; got {folder}, which holds no file")
    return [Picture(Path(path)) for path in sorted(found)]


def split_pictures(
    pictures: Sequence[Picture], folder: Path, needed: int, share: float, seed: int
) -> tuple[list[Picture], list[Picture]]:
    """Hold out a share of the images, at least one.

    Args:
        pictures: The images.
        folder: Where they lie, for the error alone.
        needed: Fewest images that this split and those after it need.
        share: Share that is held out, in (0, 1).
        seed: Chooses them.

    Returns:
        The images kept, then those held out, each in the order given.

    Raises:
        ValueError: If there are fewer than `needed` images.
    """
    if len(pictures) < needed:
        parts = "training, validation and test" if needed == 3 else "training and validation"
        raise ValueError(
            f"`dataset_dir` must hold at least {needed} images to split into {parts},"
            f" got {len(pictures)} in {folder}"
        )
    chosen = held_out_of(len(pictures), share, seed)
    kept = [picture for index, picture in enumerate(pictures) if index not in chosen]
    return kept, [picture for index, picture in enumerate(pictures) if index in chosen]
