"""Training batches and fixed test batches of the study's images, held out by subject or by patient."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from monai_blurvae.data import (
    CentreSquare,
    ImageCache,
    ImageDataset,
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


class Data(NamedTuple):
    """The images of a part of the plan."""

    train: BatchDataset
    test: BatchDataset
    size: int
    """Edge length in pixels."""
    spatial_dims: int
    channels: int


def load(name: str, folder: str | Path, batch_size: int, seed: int, cache_dir: str | None = None) -> Data:
    """Load one of the data sets from its folder; the test batches do not depend on the seed."""
    if name == "cifar10":
        split = find_cifar10(folder)
        images = ImageCache(split, CentreSquare(CIFAR10_SIZE, None, channels=3), cache_dir)
        train = ImageDataset(images(split.train), batch_size, seed)
        return Data(train, ImageDataset(images(split.test), batch_size, 0), CIFAR10_SIZE, 2, 3)
    if name == "xray":
        train_images, test_images = (_radiographs(Path(folder, part)) for part in ("train", "test"))
        patch: tuple[int, ...] = (64, 64)
        min_brain = 0.0
    else:
        patch, min_brain = (64, 64) if name == "brain" else (32, 32, 32), 0.5
        subjects = find_subjects(folder)
        preprocessing = Preprocessing(SLICES, min_size=patch)
        train_images, test_images = (
            list(VolumeCache(files, preprocessing, cache_dir)) for files in (subjects.train, subjects.test)
        )
    train_patches = PatchDataset(train_images, batch_size, patch, min_brain, seed)
    test_patches = PatchDataset(test_images, batch_size, patch, min_brain, 0)
    return Data(train_patches, test_patches, patch[0], len(patch), 1)


def _radiographs(folder: Path) -> list[npt.NDArray[np.uint8]]:
    files = sorted(folder.glob("*.png"))
    if not files:
        raise ValueError(f"`xray` must be a folder with train/ and test/ of PNGs, got none in {folder}")
    return [np.asarray(Image.open(file).convert("L"))[None] for file in files]
