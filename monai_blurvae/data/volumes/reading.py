"""Read one volume, or say why its file cannot be used."""

import zlib
from pathlib import Path
from typing import Any

import nibabel as nib
import torch
import torchio as tio
from nibabel.filebasedimages import ImageFileError
from torch import Tensor

IMAGE = "image"
"""The name of the image of our TorchIO subjects, each of which has one."""
LARGEST_BORDER = 0.25
"""Largest share of a volume's outermost voxels that belong to a skull-stripped brain."""


def read_volume(path: str | Path) -> tuple[Tensor, Any]:
    """Read a NIfTI volume, as a reader for TorchIO images.

    TorchIO's default reader, SimpleITK, silently fills the missing end of a truncated file with zeros, and
    turns NaN into zero; nibabel, which reads here, does neither.

    Args:
        path: a .nii or .nii.gz file of one 3D volume.

    Returns:
        Intensities (1, X, Y, Z) in scanner units, float32, and the affine (4, 4) from voxels to millimetres.

    Raises:
        ValueError: If the file is missing, unreadable, truncated, not 3D, or holds NaN or only one value.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"`path` must be an existing NIfTI file, got {path}")
    try:
        image: Any = nib.load(path, mmap=False)  # type: ignore[attr-defined]
        _check_shape(path, image.shape)
        data = torch.from_numpy(image.get_fdata(dtype="float32", caching="unchanged"))
    except (EOFError, OSError, TypeError, zlib.error, ImageFileError) as error:
        raise ValueError(f"`path` must be a whole NIfTI file, got {path} ({error})") from error
    if not torch.isfinite(data).all():
        raise ValueError(f"`path` must hold finite values, got NaN or infinity in {path}")
    if data.min() == data.max():
        raise ValueError(f"`path` must hold more than one value, got one in {path}")
    return data.reshape(1, *image.shape[:3]), image.affine


def unlike_brain(data: Tensor) -> str | None:
    """Say how a volume differs from a skull-stripped brain on a background of 0.

    Args:
        data: intensities (1, X, Y, Z).

    Returns:
        What differs; None if nothing does.
    """
    if bool((data < 0).any()):
        return "it has values below 0, such as those of a z-scored volume, and background must be exactly 0"
    faces = torch.cat([data.movedim(axis, 0)[[0, -1]].flatten() for axis in (1, 2, 3)])
    share = float((faces != 0).float().mean())
    if share > LARGEST_BORDER:
        return f"{share:.0%} of its border is not 0, as of a head that is not skull-stripped"
    return None


def to_subject(path: str | Path) -> tio.Subject:
    """Wrap a volume as a TorchIO subject that `read_volume` reads and checks when it is first needed."""
    return tio.Subject({IMAGE: tio.ScalarImage(path, reader=read_volume)})


def _check_shape(path: Path, shape: tuple[int, ...]) -> None:
    spatial = list(shape)
    while spatial and spatial[-1] == 1:
        spatial.pop()
    if len(spatial) != 3:
        raise ValueError(f"`path` must hold one 3D volume, got shape {shape} in {path}")
