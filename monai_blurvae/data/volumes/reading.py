"""Read one volume, or say why its file cannot be used."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import torch
import torchio as tio
from numpy.typing import ArrayLike
from torch import Tensor

from monai_blurvae.files import verify_gzip

IMAGE = "image"
"""The name of the image of our TorchIO subjects, each of which has one."""
LARGEST_BORDER = 0.25
"""Largest share of a volume's outermost voxels that belong to a skull-stripped brain."""

MOST_VOXELS = 2**28
"""Voxels of the largest volume that is read or resampled to: 1 GiB of float32."""

VOXEL_MM = (0.01, 100.0)
"""Smallest and largest edge of a voxel in mm."""

FARTHEST_MM = 1e5
"""Largest distance of the first voxel from the origin along each axis, in mm."""

MOST_HEADER = 2**24
"""Bytes before the first voxel: the header and its extensions."""

MOST_AFTER = 2**20
"""Bytes after the last voxel of a packed file, which are read for the checksum."""

GZIP_RATIO = 1032
"""No stream of gzip holds more bytes per byte of the file."""


def read_volume(path: str | Path) -> tuple[Tensor, Any]:
    """Read a NIfTI volume, as a reader for TorchIO images.

    TorchIO's default reader, SimpleITK, silently fills the missing end of a truncated file with zeros, and
    turns NaN into zero; nibabel, which reads here, does neither.

    Args:
        path: a .nii or .nii.gz file of one 3D volume.

    Returns:
        Intensities (1, X, Y, Z) in scanner units, float32, and the affine (4, 4) from voxels to millimetres.

    Raises:
        ValueError: If the file is unfit (see `read_nifti`), or holds one slice or only one value.
    """
    data, affine = read_nifti(path)
    if data.shape[-1] == 1:
        raise ValueError(f"`path` must hold one 3D volume, got shape {tuple(data.shape[1:])} in {path}")
    if data.min() == data.max():
        raise ValueError(f"`path` must hold more than one value, got one in {path}")
    return data, affine


def read_nifti(path: str | Path, name: str = "path") -> tuple[Tensor, Any]:
    """Read a NIfTI file of real, finite numbers on three axes. Its claims are checked before they are met.

    A packed file is unpacked in pieces to its end, with the checksum, and no further than its header says.

    Args:
        path: a .nii or .nii.gz file; axes after the third have size 1.
        name: name of the setting, for errors.

    Returns:
        Values (1, X, Y, Z) in the file's units, float32, and the affine (4, 4) from voxels to millimetres.

    Raises:
        ValueError: If the file is missing, damaged or too large; if its values are not real and finite, or
            not 3D; if its affine is not finite, is singular, or gives voxels of absurd size or place.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"`{name}` must be an existing NIfTI file, got {path}")
    with _naming(name, path):
        header = _read_header(path)
        shape, dtype, offset = header.get_data_shape(), header.get_data_dtype(), header.get_data_offset()
    claimed = _check_content(name, path, shape, dtype, offset)
    with _naming(name, path):
        verify_gzip(path, offset + claimed + MOST_AFTER)  # nibabel stops reading before the checksum
        image: Any = nib.load(path, mmap=False)  # type: ignore[attr-defined]
    _check_affine(name, path, image.affine)
    with _naming(name, path):
        data = torch.from_numpy(image.get_fdata(dtype="float32", caching="unchanged"))
    if not torch.isfinite(data).all():
        raise ValueError(f"`{name}` must hold finite values, got NaN or infinity in {path}")
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


def check_spacing(
    spacing: Sequence[float] | None, size: Sequence[int], affine: ArrayLike, path: str | Path
) -> None:
    """Refuse a spacing, in mm along three axes, to which a volume cannot be resampled; None is fine.

    Args:
        spacing: the spacing after resampling.
        size: the volume's size in voxels.
        affine: the volume's affine (4, 4).
        path: the volume's file, for errors.

    Raises:
        ValueError: If the result would have more than `MOST_VOXELS`.
    """
    if spacing is None:
        return
    voxels = math.prod(size) * abs(np.linalg.det(np.asarray(affine)[:3, :3])) / math.prod(spacing)
    if voxels > MOST_VOXELS:
        raise ValueError(
            f"`spacing` must give at most {MOST_VOXELS} voxels, got {tuple(spacing)} mm, which gives "
            f"{voxels:.3g} for {path}"
        )


def to_subject(path: str | Path) -> tio.Subject:
    """Wrap a volume as a TorchIO subject that `read_volume` reads and checks when it is first needed."""
    return tio.Subject({IMAGE: tio.ScalarImage(path, reader=read_volume)})


@contextmanager
def _naming(name: str, path: Path) -> Iterator[None]:
    # nibabel's errors have no base class of their own; overflow is found afterwards, in the values
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            yield
    except Exception as error:
        raise ValueError(f"`{name}` must be a whole NIfTI file, got {path} ({error})") from error


def _read_header(path: Path) -> Any:  # noqa: ANN401
    # without the extensions, whose size is a claim too
    with nib.openers.Opener(path) as file:  # type: ignore[attr-defined]
        start = file.read(nib.Nifti2Header.sizeof_hdr)  # type: ignore[attr-defined]
    for kind in (nib.Nifti1Header, nib.Nifti2Header):  # type: ignore[attr-defined]
        if kind.may_contain_header(start):
            header = kind(start[: kind.sizeof_hdr])
            if np.isinf(header["scl_slope"]):  # nibabel reads it as none; it writes NaN for none itself
                raise ValueError(f"its slope is {header['scl_slope']}")
            return header
    raise ValueError("it does not begin with a header of NIfTI")


def _check_content(name: str, path: Path, shape: tuple[int, ...], dtype: Any, offset: int) -> int:  # noqa: ANN401
    if len(shape) < 3 or min(shape) < 1 or set(shape[3:]) - {1}:
        raise ValueError(f"`{name}` must hold one 3D volume, got shape {shape} in {path}")
    if dtype.kind not in "iuf":
        raise ValueError(f"`{name}` must hold real numbers, got {dtype} in {path}")
    voxels = math.prod(shape)
    if voxels > MOST_VOXELS:
        raise ValueError(f"`{name}` must hold at most {MOST_VOXELS} voxels, got shape {shape} in {path}")
    claimed: int = voxels * dtype.itemsize
    most = path.stat().st_size * (GZIP_RATIO if path.suffix.lower() == ".gz" else 1)
    if claimed > most:
        raise ValueError(
            f"`{name}` must be a whole NIfTI file, got {path} (it claims {claimed} bytes of voxels, and can "
            f"hold at most {most})"
        )
    if offset > MOST_HEADER:
        raise ValueError(
            f"`{name}` must be a whole NIfTI file with at most {MOST_HEADER} bytes before its voxels, got "
            f"{offset} in {path}"
        )
    return claimed


def _check_affine(name: str, path: Path, affine: Any) -> None:  # noqa: ANN401
    axes, origin = affine[:3, :3], affine[:3, 3]
    fit = bool(np.isfinite(affine).all())
    if fit:
        edges = np.linalg.norm(axes, axis=0)
        fit = VOXEL_MM[0] <= edges.min() and edges.max() <= VOXEL_MM[1] and abs(origin).max() <= FARTHEST_MM
        fit = fit and abs(np.linalg.det(axes / edges)) > 0.1  # 1 for axes at right angles
    if not fit:
        raise ValueError(
            f"`{name}` must have a finite affine of independent axes, with voxels of {VOXEL_MM[0]:g} to "
            f"{VOXEL_MM[1]:g} mm within {FARTHEST_MM:g} mm of the origin, got {affine.tolist()} in {path}"
        )
