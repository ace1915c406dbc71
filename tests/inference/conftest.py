"""Small NIfTI volumes as scanners write them (oblique, anisotropic), and a small model."""

from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import torch
from numpy.typing import ArrayLike
from torch import nn

from monai_blurvae.inference import Acquisition
from monai_blurvae.networks import BlurVAE, Decoder, Encoder, KernelNet
from tests.inference.scans.scan import SIZE, kspace

OBLIQUE = np.array(
    [
        # LAS-like: x runs to the left; tilted by 10 degrees about x; 0.9 x 1.1 x 2 mm
        [-0.9, 0.0, 0.0, 11.0],
        [0.0, 1.1 * np.cos(0.1745), -2 * np.sin(0.1745), -7.0],
        [0.0, 1.1 * np.sin(0.1745), 2 * np.cos(0.1745), 5.0],
        [0.0, 0.0, 0.0, 1.0],
    ]
)


@pytest.fixture
def write_volume(tmp_path: Path) -> Callable[..., Path]:
    def write(
        name: str = "subject.nii.gz", shape: tuple[int, ...] = (20, 26, 5), affine: np.ndarray = OBLIQUE
    ) -> Path:
        voxels = np.random.default_rng(0).integers(1, 1000, shape).astype(np.int16)
        voxels[:2], voxels[:, :2] = 0, 0  # background beside the brain
        path = tmp_path / "volumes" / name
        path.parent.mkdir(exist_ok=True)
        nib.save(nib.Nifti1Image(voxels, affine), path)
        return path

    return write


@pytest.fixture
def network() -> BlurVAE:
    torch.manual_seed(0)
    return BlurVAE(
        Encoder(8, [4, 8], 5, hidden_size=12),
        Decoder(8, [4, 8], 5, hidden_size=12),
        KernelNet(5, (3, 3), hidden_size=10),
    )


class Means(nn.Module):
    """A latent model without kernels whose latents are feature maps: the means of blocks of 4 x 4 pixels."""

    image_size = 8
    latent_shape = (1, 2, 2)

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("scale", torch.tensor(0.3))

    def encode(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mu = nn.functional.avg_pool2d(image, 4)
        return mu, torch.full_like(mu, -60.0)  # z is mu

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        return z.repeat_interleave(4, -1).repeat_interleave(4, -2)

    def kernel(self, z: torch.Tensor) -> None:
        return None


@pytest.fixture
def full() -> Acquisition:
    """The second of three slices of a scan in which nothing is missing."""
    return Acquisition(kspace(), torch.ones(1, 1, *SIZE, dtype=torch.bool), 1, 3)


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    def write(values: ArrayLike, name: str = "values.npy") -> Path:
        np.save(tmp_path / name, np.asarray(values))
        return tmp_path / name

    return write
