"""CIFAR10, as distributed for Python or as a folder of images by class."""

import codecs
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy._core.multiarray import _reconstruct
from PIL import Image

from monai_blurvae.data.images.image_files import VALIDATION, find_images, split_pictures
from monai_blurvae.data.images.picture import Picture
from monai_blurvae.data.volumes.split import Split, check_share, existing_folder

CIFAR10 = (
    "CIFAR10's folder cifar-10-batches-py (or the one above it), from cifar-10-python.tar.gz of"
    " https://www.cs.toronto.edu/~kriz/cifar.html, which names no licence and asks for Krizhevsky's report of"
    " 2009 to be cited; or a folder of the same images as files, train/CLASS/ and test/CLASS/, such as"
    " https://github.com/cyizhuo/CIFAR-10-dataset. Unpack it anywhere and pass `--dataset_dir DIR`"
)
FOLDER = "cifar-10-batches-py"
TRAINING = tuple(f"data_batch_{number}" for number in range(1, 6))
TEST = "test_batch"
SHAPE = (3, 32, 32)
_BATCH = re.compile(r"data_batch_\d|test_batch")
_ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("_codecs", "encode"): codecs.encode,
}
"""All that a batch needs: an unrestricted pickle could run any code."""


def find_cifar10(
    dataset_dir: str | Path | None, seed: int = 0, validation: float = VALIDATION
) -> Split[Picture]:
    """Find CIFAR10's images: its own test images test, a share of its training images validates.

    Args:
        dataset_dir: cifar-10-batches-py or the folder that holds it, or a folder with train/ and test/.
        seed: Chooses the images that validate.
        validation: Share of the training images that validate, in (0, 1).

    Returns:
        The images of each part.

    Raises:
        ValueError: If they are not there (it says where they come from), or a batch is missing or broken.
    """
    check_share("validation", validation)
    folder = existing_folder(dataset_dir, CIFAR10)
    if (folder / "train").is_dir():
        return find_images(folder, seed, validation=validation, wanted=CIFAR10)
    folder = folder / FOLDER if (folder / FOLDER).is_dir() else folder
    missing = [name for name in (*TRAINING, TEST) if not (folder / name).is_file()]
    if missing:
        raise ValueError(f"`dataset_dir` must be {CIFAR10}; got {folder} without {', '.join(missing)}")
    found = [picture for name in TRAINING for picture in _pictures(folder / name)]
    train, val = split_pictures(found, folder, 2, validation, seed + 1)
    return Split(train, val, _pictures(folder / TEST))


def is_batch(path: Path) -> bool:
    """Tell a file of many images from an image file, by its name.

    Args:
        path: A file.

    Returns:
        Whether `read_batch` reads it.
    """
    return _BATCH.fullmatch(path.name) is not None


def read_batch(path: Path) -> list[Image.Image]:
    """Read the images of a batch, as distributed.

    Args:
        path: data_batch_1 to data_batch_5 or test_batch.

    Returns:
        The images, 32x32, RGB.

    Raises:
        ValueError: If the file is no such batch, or a broken one.
    """
    return [Image.fromarray(np.ascontiguousarray(levels.transpose(1, 2, 0))) for levels in _levels(path)]


def _pictures(path: Path) -> list[Picture]:
    return [Picture(path, row) for row in range(len(_levels(path)))]


def _levels(path: Path) -> npt.NDArray[np.uint8]:
    try:
        with path.open("rb") as file:
            content = _Unpickler(file, encoding="bytes").load()
        return np.asarray(content[b"data"], dtype=np.uint8).reshape(-1, *SHAPE)
    except (pickle.UnpicklingError, EOFError, KeyError, TypeError, ValueError, IndexError) as error:
        raise ValueError(f"`dataset_dir` must hold whole batches, got {path} ({error!r})") from error


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"a batch holds no {module}.{name}")
        return _ALLOWED[module, name]
