"""Tiny data sets of images on disk, in the forms in which the real ones are distributed."""

import pickle
from pathlib import Path

import numpy as np
from PIL import Image


def picture(seed: int = 0, width: int = 178, height: int = 218, mode: str = "RGB") -> Image.Image:
    """A smooth random image: a few random colours, enlarged."""
    coarse = np.random.default_rng(seed).integers(0, 256, (7, 6, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC).convert(mode)


def write_faces(folder: Path, count: int, width: int = 178, height: int = 218) -> list[Path]:
    """Aligned faces as CelebA's: numbered JPEGs."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:06d}.jpg" for number in range(1, count + 1)]
    for seed, path in enumerate(paths):
        picture(seed, width, height).save(path)
    return paths


def write_classes(folder: Path, train: int, test: int) -> Path:
    """CIFAR10 as PNG by class."""
    for part, count in (("train", train), ("test", test)):
        for seed in range(count):
            path = folder / part / ("cat", "ship")[seed % 2] / f"{part}_{seed:06d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            picture(seed + 1000 * (part == "test"), 32, 32).save(path)
    return folder


def write_batches(folder: Path, each: int) -> np.ndarray:
    """CIFAR10 as distributed for Python: levels (6, each, 3, 32, 32), the last of the six for testing."""
    folder.mkdir(parents=True, exist_ok=True)
    levels = np.random.default_rng(0).integers(0, 256, (6, each, 3, 32, 32), dtype=np.uint8)
    for name, batch in zip([*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"], levels, strict=True):
        content = {b"data": batch.reshape(each, -1), b"labels": [0] * each, b"batch_label": name.encode()}
        (folder / name).write_bytes(pickle.dumps(content, protocol=2))
    (folder / "batches.meta").write_bytes(pickle.dumps({b"label_names": [b"cat"]}, protocol=2))
    return levels
