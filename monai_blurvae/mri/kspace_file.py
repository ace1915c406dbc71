"""K-space from files: NumPy arrays, and HDF5 in the layout of the fastMRI data set with its header."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import numpy as np
import torch
from jaxtyping import Complex, Float
from torch import Tensor

from monai_blurvae.extras import from_extra
from monai_blurvae.mri.centred_fourier import READOUT, remove_readout_oversampling

HEADER = "ismrmrd_header"
"""The data set of the scanner's settings, in XML."""

ISMRMRD = "{http://www.ismrm.org/ISMRMRD}"
"""The name space of that header."""

REFERENCES = ("reconstruction_rss", "reconstruction_esc")
"""Data sets of the scanner's image of all samples: of several coils, of one coil."""


class ReconstructedGrid(NamedTuple):
    """The image that the scanner made of the k-space, about the same centre."""

    size: tuple[int, int]
    """Rows (readout) and columns (phase encoding) in pixels."""
    spacing: tuple[float, float, float]
    """Of rows, columns and slices, in mm."""


def read_kspace(path: str | Path, slices: Sequence[int] | None = None) -> Complex[Tensor, "B coils H W"]:
    """Read k-space: zero frequency in the middle, zeros where it was not sampled.

    A .npy file holds (coils, H, W) or (slices, coils, H, W). An .h5 file (extra `mri`) holds `kspace` of
    (slices, coils, H, W), or (slices, H, W) of one coil, H the readout; the readout's oversampling that its
    header states is removed.

    Args:
        path: the file.
        slices: which slices, counted from 0; None: all.

    Returns:
        K-space, complex64, (B, coils, H, W), one batch element per slice.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is of another kind or has no such slice; if its k-space has another shape, is
            real, not finite, or zero in a whole slice. The message names the file.

    References:
        Zbontar et al., fastMRI: an open dataset and benchmarks for accelerated MRI, arXiv 1811.08839, 2018.
    """
    path = _checked(path)
    count = slice_count(path)
    chosen = list(range(count)) if slices is None else list(slices)
    if not chosen or not all(0 <= index < count for index in chosen):
        raise ValueError(f"`slices` must name slices of the {count} in {path}, got {chosen}")
    rows: int | None = None
    if path.suffix == ".npy":
        stored = _stored(path)
        if stored.ndim not in (3, 4):
            raise ValueError(
                f"{path} must hold (coils, H, W) or (slices, coils, H, W), got shape {stored.shape}"
            )
        y = np.array((stored if stored.ndim == 4 else stored[None])[chosen])
    else:
        with _hdf5().File(path, "r") as file:
            kspace = _kspace(file, path)
            if kspace.ndim not in (3, 4):
                raise ValueError(
                    f"`kspace` of {path} must be (slices, coils, H, W) or (slices, H, W), got {kspace.shape}"
                )
            y = np.stack([kspace[index] for index in chosen])
            y = y if y.ndim == 4 else y[:, None]
            rows = _readout_size(file[HEADER][()], y.shape[READOUT]) if HEADER in file else None
    _check(y, path)
    whole = torch.from_numpy(y.astype(np.complex64))
    return whole if rows is None else remove_readout_oversampling(whole, rows)


def slice_count(path: str | Path) -> int:
    """Count the slices of a file that `read_kspace` reads, without reading them."""
    path = _checked(path)
    if path.suffix == ".npy":
        shape = _stored(path).shape
        return int(shape[0]) if len(shape) == 4 else 1
    with _hdf5().File(path, "r") as file:
        return len(_kspace(file, path))


def read_grid(path: str | Path) -> ReconstructedGrid | None:
    """Read the grid of the scanner's image from the header of a k-space file; None without one."""
    path = _checked(path)
    if path.suffix == ".npy":
        return None
    with _hdf5().File(path, "r") as file:
        return _reconstructed_grid(file[HEADER][()]) if HEADER in file else None


def fastmri_reference(path: str | Path) -> Float[Tensor, "slices H W"]:
    """Read the magnitudes, (slices, H, W), that a fastMRI .h5 file carries beside its full k-space."""
    with _hdf5().File(path, "r") as file:
        for name in REFERENCES:
            if name in file:
                return torch.from_numpy(np.asarray(file[name], dtype=np.float32))
        raise ValueError(f"{path} must hold a data set `{'` or `'.join(REFERENCES)}`, got {sorted(file)}")


def _readout_size(header: str | bytes, rows: int) -> int:
    # rows without oversampling: H times the ratio of the fields of view along the readout, x
    encoding = _encoding(header)
    millimetres = [
        value
        for space in ("encodedSpace", "reconSpace")
        for value in _numbers(encoding, space, "fieldOfView_mm", "x")
    ]
    if len(millimetres) != 2 or not millimetres[1] > 0:
        raise ValueError(
            f"`header` must state the encoded and the reconstructed field of view in mm, got {millimetres}"
        )
    encoded, reconstructed = millimetres
    return min(rows, round(rows * reconstructed / encoded))


def _reconstructed_grid(header: str | bytes) -> ReconstructedGrid | None:
    # None where the header does not state size and field of view along all axes
    encoding = _encoding(header)
    fields = _numbers(encoding, "reconSpace", "fieldOfView_mm", "xyz")
    sizes = _numbers(encoding, "reconSpace", "matrixSize", "xyz")
    if len(fields) != 3 or len(sizes) != 3 or min(fields + sizes) <= 0:
        return None
    rows, columns, slices = (field / size for field, size in zip(fields, sizes, strict=True))
    return ReconstructedGrid((int(sizes[0]), int(sizes[1])), (rows, columns, slices))


def _encoding(header: str | bytes) -> ElementTree.Element | None:
    try:
        return ElementTree.fromstring(header).find(f"{ISMRMRD}encoding")
    except ElementTree.ParseError as error:
        raise ValueError(f"`header` must be an ISMRMRD header in XML, got {error}") from error


def _numbers(encoding: ElementTree.Element | None, space: str, what: str, axes: str) -> list[float]:
    if encoding is None:
        return []
    fields = [encoding.find(f"{ISMRMRD}{space}/{ISMRMRD}{what}/{ISMRMRD}{axis}") for axis in axes]
    return [float(field.text) for field in fields if field is not None and field.text]


def _checked(path: str | Path) -> Path:
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"`path` must be a file of k-space, got {path}")
    if path.suffix not in (".npy", ".h5", ".hdf5"):
        raise ValueError(f"`path` must end in .npy, .h5 or .hdf5, got {path}")
    if path.suffix != ".npy" and not _hdf5().is_hdf5(path):
        raise ValueError(f"`path` must be an HDF5 file, got {path}, which is another kind or damaged")
    return path


def _hdf5() -> Any:  # noqa: ANN401
    return from_extra("h5py")


def _stored(path: Path) -> np.ndarray:
    # mapped, not read
    try:
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except (ValueError, OSError, EOFError) as error:
        raise ValueError(f"`path` must be a .npy file, got {path}: {error}") from error


def _kspace(file: Any, path: Path) -> Any:  # noqa: ANN401
    if "kspace" not in file:
        raise ValueError(f"{path} must hold a data set `kspace`, got {sorted(file)}")
    return file["kspace"]


def _check(y: np.ndarray, path: Path) -> None:
    if not np.iscomplexobj(y):
        raise ValueError(f"{path} must hold complex k-space, got {y.dtype}")
    if not np.isfinite(y).all():
        raise ValueError(
            f"{path} must hold finite k-space, got {int((~np.isfinite(y)).sum())} values that are not"
        )
    empty = ~(y != 0).any(axis=(1, 2, 3))
    if empty.any():
        raise ValueError(f"{path} must hold signal in every slice, got only zeros in {int(empty.sum())}")
