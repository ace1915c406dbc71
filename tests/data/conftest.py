"""Small brains on disk: an ellipsoid of random texture in a background of zeros, as NIfTI."""

from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from monai_blurvae.data import Preprocessing

SHAPE = (40, 48, 28)
RAS = np.diag([1.0, 1.0, 1.0, 1.0])
PATCH = (16, 16)


def brain(seed: int = 0, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    """Voxels (right, anterior, superior): 100 to 1000 inside an ellipsoid of 0.4 of the sizes, else 0."""
    axes = np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij")
    inside = sum((axis / 0.8) ** 2 for axis in axes) < 1
    return (np.random.default_rng(seed).uniform(100, 1000, shape) * inside).astype(np.float32)


def save(data: np.ndarray, path: Path, affine: np.ndarray = RAS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.Nifti1Image(data, affine).to_filename(path)
    return path


@pytest.fixture
def volume_path(tmp_path: Path) -> Path:
    return save(brain(), tmp_path / "sub-01_T1w.nii.gz")


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    return [save(brain(seed), tmp_path / "volumes" / f"sub-{seed:02d}_T1w.nii.gz") for seed in range(3)]


@pytest.fixture
def preprocessing() -> Preprocessing:
    return Preprocessing(min_size=PATCH, margin=2)


@pytest.fixture
def touch() -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    return make
