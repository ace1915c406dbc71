"""Read one volume, whole and healthy, or say which file is not and why."""

import gzip
import math
import warnings
from pathlib import Path
from typing import Any

import nibabel as nib
import torch
import torchio as tio
from nibabel.filebasedimages import ImageFileError
from torch import Tensor

IMAGE = "image"
"""The name of the one image of our TorchIO subjects."""

_BLOCK = 1 << 20


def read_volume(path: str | Path) -> tuple[Tensor, Any]:
    """Read a NIfTI volume with TorchIO, after checking what TorchIO would let pass.

    TorchIO's reader silently fills the missing end of a truncated file with zeros: the length is checked.

    Args:
        path: A .nii or .nii.gz file of one 3D volume.

    Returns:
        Intensities (1, X, Y, Z) in scanner units, float32, and the affine (4, 4) from voxels to millimetres.

    Raises:
        ValueError: If the file is missing, unreadable, truncated, not 3D, or holds NaN or one value alone.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"`path` must be an existing NIfTI file, got {path}")
    try:
        _check_header(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # TorchIO warns when it falls back on nibabel
            image = tio.ScalarImage(path)
            data = image.data.float()
    except (EOFError, OSError, RuntimeError, ImageFileError) as error:
        raise ValueError(f"`path` must be a whole NIfTI file, got {path} ({error})") from error
    if not torch.isfinite(data).all():
        raise ValueError(f"`path` must hold finite values, got NaN or infinity in {path}")
    if data.min() == data.max():
        raise ValueError(
            f"`path` must hold more than one value, got {data.min().item():g} everywhere in {path}"
        )
    return data, image.affine


def to_subject(path: str | Path) -> tio.Subject:
    """Wrap a volume as a TorchIO subject, read (and checked by `read_volume`) when first needed.

    Args:
        path: A .nii or .nii.gz file of one 3D volume.

    Returns:
        A subject with the one image `image`.
    """
    return tio.Subject({IMAGE: tio.ScalarImage(path, reader=read_volume)})


def _check_header(path: Path) -> None:
    header: Any = nib.load(path).header  # type: ignore[attr-defined]
    shape = header.get_data_shape()
    spatial = list(shape)
    while len(spatial) > 1 and spatial[-1] == 1:
        spatial.pop()
    if len(spatial) != 3:
        raise ValueError(f"`path` must hold one 3D volume, got shape {tuple(shape)} in {path}")
    needed = int(header.get("vox_offset", 0)) + math.prod(shape) * header.get_data_dtype().itemsize
    found = _unzipped_bytes(path) if path.suffix == ".gz" else path.stat().st_size
    if found < needed:
        raise ValueError(f"`path` must be a whole NIfTI file, got {found} of {needed} bytes in {path}")


def _unzipped_bytes(path: Path) -> int:
    with gzip.open(path) as file:
        return sum(len(block) for block in iter(lambda: file.read(_BLOCK), b""))
