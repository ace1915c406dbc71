"""Training, validation and test images of a folder, of CelebA, CelebA-HQ and CIFAR10."""

import codecs
import os
import pickle
import re
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy._core.multiarray import _reconstruct
from PIL import Image

from monai_blurvae.data.images.picture import Picture
from monai_blurvae.data.split import Split, Unit, check_share, existing_folder, hold_out, split_folder

HELD_OUT = 0.2
"""Share of the images in the test set."""
VALIDATION = 0.05
"""Share of the training images in the validation set, which chooses the best checkpoint."""
CELEBA = (
    "the folder img_align_celeba (or the one above it) of CelebA's 'Align & Cropped Images', JPEGs of"
    " 178x218: get img_align_celeba.zip from https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html, whose terms"
    " allow non-commercial research only and forbid passing the images on, unpack it anywhere and pass"
    " `--dataset_dir DIR`"
)
CELEBA_HQ = (
    "a folder of CelebA-HQ's images, square and of at least `image_size`: made from CelebA as"
    " https://github.com/tkarras/progressive_growing_of_gans says, under CelebA's terms (non-commercial"
    " research only, not to be passed on); put the image files anywhere and pass `--dataset_dir DIR`"
)
CIFAR10 = (
    "CIFAR10's folder cifar-10-batches-py (or the one above it), from cifar-10-python.tar.gz of"
    " https://www.cs.toronto.edu/~kriz/cifar.html, which names no licence and asks for Krizhevsky's report of"
    " 2009 to be cited; or a folder of the same images as files, train/CLASS/ and test/CLASS/, such as"
    " https://github.com/cyizhuo/CIFAR-10-dataset. Unpack it anywhere and pass `--dataset_dir DIR`"
)
CELEBA_FOLDER = "img_align_celeba"
CIFAR10_FOLDER = "cifar-10-batches-py"
CIFAR10_TRAINING = tuple(f"data_batch_{number}" for number in range(1, 6))
CIFAR10_TEST = "test_batch"
_BATCH = re.compile(r"data_batch_\d|test_batch")
_ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("_codecs", "encode"): codecs.encode,
}
"""Everything that a batch needs: an unrestricted pickle could run any code."""
IMAGE_BY_IMAGE = Unit("images", lambda picture: (str(picture.path), picture.row))


def find_images(
    dataset_dir: str | Path | None,
    seed: int = 0,
    held_out: float = HELD_OUT,
    validation: float = VALIDATION,
    wanted: str = "a folder of images",
) -> Split[Picture]:
    """Find the images of a folder and split them, image by image, as `split_folder` does.

    Args:
        dataset_dir: folder of images: directly in it or in folders of it, or in train/ + test/ (+ val/).
        seed: chooses the images that are held out.
        held_out: share of the images that test, in (0, 1).
        validation: share of the training images that validate, in (0, 1).
        wanted: what the folder should be, for the error: what to put there, from where, under which terms.

    Returns:
        The images of each part, sorted by name.

    Raises:
        ValueError: If a share is out of range, the folder is missing or empty, or has too few images.
    """
    check_share("held_out", held_out)
    check_share("validation", validation)
    folder, find = existing_folder(dataset_dir, wanted), partial(images_in, wanted=wanted)
    return split_folder(folder, find, IMAGE_BY_IMAGE, (held_out, validation), seed)


def images_in(folder: Path, wanted: str) -> list[Picture]:
    """List the files of a folder and of those in it, without hidden ones: images until they are decoded."""
    found: list[str] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [os.path.join(parent, name) for name in names if not name.startswith(".")]  # noqa: PTH118 - fast
    if not found:
        raise ValueError(f"`dataset_dir` must be {wanted}; got {folder}, which holds no file")
    return [Picture(Path(path)) for path in sorted(found)]


def find_celeba(dataset_dir: str | Path | None, seed: int = 0) -> Split[Picture]:
    """Find CelebA's aligned images, any number of them, split 80/20 by image.

    The images of one person may lie in both parts, as in the paper's split.

    Args:
        dataset_dir: img_align_celeba, or the folder that holds it.
        seed: chooses the images that are held out.

    Returns:
        The images of each part; see `find_images`. The error for a missing folder says where they come from,
        and the terms.
    """
    inner = None if dataset_dir is None else Path(dataset_dir, CELEBA_FOLDER)
    return find_images(inner if inner is not None and inner.is_dir() else dataset_dir, seed, wanted=CELEBA)


def find_celeba_hq(dataset_dir: str | Path | None, seed: int = 0) -> Split[Picture]:
    """Find the images of CelebA-HQ in a folder, split 80/20 by image, as `find_celeba` does."""
    return find_images(dataset_dir, seed, wanted=CELEBA_HQ)


def find_cifar10(
    dataset_dir: str | Path | None, seed: int = 0, validation: float = VALIDATION
) -> Split[Picture]:
    """Find CIFAR10's images. Its test set is kept; a share of its training images becomes the validation set.

    Args:
        dataset_dir: cifar-10-batches-py or the folder that holds it, or a folder with train/ and test/.
        seed: chooses the images that validate.
        validation: share of the training images that validate, in (0, 1).

    Returns:
        The images of each part.

    Raises:
        ValueError: If they are missing (the message says where they come from), or a batch is missing or
            broken.
    """
    check_share("validation", validation)
    folder = existing_folder(dataset_dir, CIFAR10)
    if (folder / "train").is_dir():
        return find_images(folder, seed, validation=validation, wanted=CIFAR10)
    folder = folder / CIFAR10_FOLDER if (folder / CIFAR10_FOLDER).is_dir() else folder
    missing = [name for name in (*CIFAR10_TRAINING, CIFAR10_TEST) if not (folder / name).is_file()]
    if missing:
        raise ValueError(f"`dataset_dir` must be {CIFAR10}; got {folder} without {', '.join(missing)}")
    found = [picture for name in CIFAR10_TRAINING for picture in _pictures(folder / name)]
    train, val = hold_out(found, IMAGE_BY_IMAGE, validation, seed + 1)
    return Split(train, val, _pictures(folder / CIFAR10_TEST))


def is_batch(path: Path) -> bool:
    """Tell a batch of CIFAR10 from an image file, by its name."""
    return _BATCH.fullmatch(path.name) is not None


def read_batch(path: Path) -> list[Image.Image]:
    """Read the images, 32x32 and RGB, of a batch of CIFAR10 as distributed; refuse other files."""
    return [Image.fromarray(np.ascontiguousarray(levels.transpose(1, 2, 0))) for levels in _levels(path)]


def _pictures(path: Path) -> list[Picture]:
    return [Picture(path, row) for row in range(len(_levels(path)))]


def _levels(path: Path) -> npt.NDArray[np.uint8]:
    try:
        with path.open("rb") as file:
            content = _Unpickler(file, encoding="bytes").load()
        return np.asarray(content[b"data"], dtype=np.uint8).reshape(-1, 3, 32, 32)
    except (pickle.UnpicklingError, EOFError, KeyError, TypeError, ValueError, IndexError) as error:
        raise ValueError(f"`dataset_dir` must hold whole batches, got {path} ({error!r})") from error


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"a batch holds no {module}.{name}")
        return _ALLOWED[module, name]
