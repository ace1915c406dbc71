"""Training batches and fixed test batches of the study's images, held out by subject or by patient."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from monai_blurvae.data import (
    CentreSquare,
    ImageCache,
    ImageDataset,
    Images,
    PatchDataset,
    Preprocessing,
    VolumeCache,
    find_cifar10,
    find_subjects,
)
from monai_blurvae.data.loader import BatchDataset

SLICES = "PLS"
"""Axial slices."""
CIFAR10_SIZE = 32
"""Edge length in pixels."""
FOLDERS = {name: name for name in ("brain", "xray", "cifar10")}
"""Folders of images by data set."""
FOLDERS |= {"brain32": "brain", "brain3d": "brain", "brain3d_thick": "brain", "cifar10_all": "cifar10"}
PATCHES = {"brain": (64, 64), "brain32": (32, 32), "xray": (64, 64)}
"""Patch size in pixels by data set; those not named have 3D patches."""
PATCH_3D = (32, 32, 32)
THICK = 3
"""Slices that are averaged into one thick slice, for voxels that are longer than wide."""

Levels = npt.NDArray[np.uint8]
"""Grey levels u, x = u / 127.5 - 1."""


class Arrays(NamedTuple):
    """Decoded images of a data set: (slices, rows, columns) each, or (ch, rows, columns) of CIFAR10."""

    train: Sequence[Levels]
    test: Sequence[Levels]


class Data(NamedTuple):
    """The images of a part of the plan."""

    train: BatchDataset
    test: BatchDataset
    size: int
    """Edge length in pixels."""
    spatial_dims: int
    channels: int


def load(name: str, source: str | Path, batch_size: int, seed: int, cache_dir: str | None = None) -> Data:
    """Load a data set from its folder or a packed file; the test batches do not depend on the seed."""
    arrays = read(name, str(source), cache_dir)
    if FOLDERS[name] == "cifar10":
        train, test = (
            ImageDataset(Images(np.asarray(levels), np.arange(len(levels))), batch_size, own_seed)
            for levels, own_seed in zip(arrays, (seed, 0), strict=True)
        )
        return Data(train, test, CIFAR10_SIZE, 2, 3)
    patch = PATCHES.get(name, PATCH_3D)
    if name == "brain3d_thick":
        arrays = Arrays(*([thick(volume) for volume in part] for part in arrays))
    min_brain = 0.0 if name == "xray" else 0.5
    train_patches, test_patches = (
        PatchDataset(part, batch_size, patch, min_brain, own_seed)
        for part, own_seed in zip(arrays, (seed, 0), strict=True)
    )
    return Data(train_patches, test_patches, patch[0], len(patch), 1)


@lru_cache(maxsize=1)
def read(name: str, source: str, cache_dir: str | None) -> Arrays:
    """Read the images of a data set, once for several runs in turn."""
    return unpack(name, source) if Path(source).is_file() else decode(name, source, cache_dir)


def decode(name: str, folder: str | Path, cache_dir: str | None = None) -> Arrays:
    """Decode the images of a folder."""
    if FOLDERS[name] == "cifar10":
        split = find_cifar10(folder)
        images = ImageCache(split, CentreSquare(CIFAR10_SIZE, None, channels=3), cache_dir)
        train, test = (images(part).levels[images(part).rows] for part in (split.train, split.test))
        return Arrays(list(train), list(test))
    if FOLDERS[name] == "xray":
        return Arrays(*(_radiographs(Path(folder, part)) for part in ("train", "test")))
    subjects = find_subjects(folder)
    preprocessing = Preprocessing(SLICES)
    return Arrays(
        *(list(VolumeCache(files, preprocessing, cache_dir)) for files in (subjects.train, subjects.test))
    )


def pack(folders: dict[str, str], file: str | Path, most: int, cache_dir: str | None = None) -> None:
    """Write the decoded images of several folders into one file, for a machine that has only that.

    Args:
        folders: folders by data set, keys of `FOLDERS`.
        file: file to write, .npz.
        most: the first images of CIFAR10 that are taken for training; for testing a sixth as many.
        cache_dir: folder of decoded images.
    """
    packed: dict[str, Any] = {}
    for name, folder in folders.items():
        for part, levels in decode(name, folder, cache_dir)._asdict().items():
            if name == "cifar10":  # one array: its members are small
                packed[f"{name}/{part}"] = np.asarray(levels[: most if part == "train" else most // 6])
            else:
                packed |= {f"{name}/{part}/{index}": image for index, image in enumerate(levels)}
    np.savez_compressed(file, **packed)


def unpack(name: str, file: str | Path) -> Arrays:
    """Read the images of a data set from a packed file."""
    own = FOLDERS[name]
    with np.load(file, allow_pickle=False) as packed:
        if own == "cifar10":
            return Arrays(packed[f"{own}/train"], packed[f"{own}/test"])
        parts = [
            [packed[key] for key in packed.files if key.startswith(f"{own}/{part}/")]
            for part in ("train", "test")
        ]
    if not all(parts):
        raise ValueError(f"{file} must hold packed images of {own}, got none")
    return Arrays(*parts)


def thick(volume: Levels) -> Levels:
    """Average neighbouring slices, as a scan with thick slices does."""
    slices = len(volume) // THICK * THICK
    mean: Levels = volume[:slices].reshape(-1, THICK, *volume.shape[1:]).mean(axis=1).round().astype(np.uint8)
    return mean


def _radiographs(folder: Path) -> list[Levels]:
    files = sorted(folder.glob("*.png"))
    if not files:
        raise ValueError(f"`xray` must be a folder with train/ and test/ of PNGs, got none in {folder}")
    return [np.asarray(Image.open(file).convert("L"))[None] for file in files]
