"""K-space from files: NumPy arrays, and HDF5 in the layout of the fastMRI data set."""

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import h5py
import numpy as np
import torch
from jaxtyping import Complex
from torch import Tensor

from monai_blurvae.priors.readout import remove_readout_oversampling

ISMRMRD = "{http://www.ismrm.org/ISMRMRD}"
"""The name space of the header that fastMRI files carry."""


def read_kspace(path: str | Path, slices: Sequence[int] | None = None) -> Complex[Tensor, "B coils H W"]:
    """Read k-space, slice by slice, zero frequency in the middle, zero where it was not sampled.

    A .npy file holds (coils, H, W) or (slices, coils, H, W). An .h5 file holds `kspace` of (slices, coils, H,
    W), or (slices, H, W) of one coil, H the readout; where its header states a larger field of view for
    encoding than for reconstruction, the readout's oversampling is removed.

    Args:
        path: the file.
        slices: which slices, counted from 0; all if None.

    Returns:
        K-space, complex64, (B, coils, H, W), a slice an element of the batch.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is of another kind, holds no k-space of these shapes, real values, values that
            are not finite, or zeros alone, or lacks a slice. The message names the file.

    References:
        Zbontar et al., fastMRI: an open dataset and benchmarks for accelerated MRI, arXiv 1811.08839, 2018.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"`path` must be a file of k-space, got {path}")
    if path.suffix == ".npy":
        y, size = _npy(path, slices), None
    elif path.suffix in (".h5", ".hdf5"):
        y, size = _hdf5(path, slices)
    else:
        raise ValueError(f"`path` must end in .npy, .h5 or .hdf5, got {path}")
    _check(y, path)
    kspace = torch.from_numpy(y.astype(np.complex64))
    return kspace if size is None else remove_readout_oversampling(kspace, size)


def readout_size(header: str | bytes, rows: int) -> int:
    """Find how many rows the field of view for reconstruction has, from an ISMRMRD header.

    Args:
        header: XML with the encoded and the reconstructed space.
        rows: rows of k-space, H.

    Returns:
        Rows without oversampling: H times the ratio of the fields of view along the readout, x.

    Raises:
        ValueError: If the header is no XML, or does not state the fields of view.
    """
    try:
        encoding = ElementTree.fromstring(header).find(f"{ISMRMRD}encoding")
    except ElementTree.ParseError as error:
        raise ValueError(f"`header` must be an ISMRMRD header in XML, got {error}") from error
    fields = [
        None if encoding is None else encoding.find(f"{ISMRMRD}{space}/{ISMRMRD}fieldOfView_mm/{ISMRMRD}x")
        for space in ("encodedSpace", "reconSpace")
    ]
    millimetres = [float(field.text) for field in fields if field is not None and field.text]
    if len(millimetres) != 2 or not millimetres[1] > 0:
        raise ValueError(
            f"`header` must state the encoded and the reconstructed field of view in mm, got {millimetres}"
        )
    encoded, reconstructed = millimetres
    return min(rows, round(rows * reconstructed / encoded))


def _npy(path: Path, slices: Sequence[int] | None) -> np.ndarray:
    """Read a NumPy file.

    Args:
        path: the file.
        slices: which slices.

    Returns:
        K-space, (B, coils, H, W).

    Raises:
        ValueError: If it has another number of axes.
    """
    stored = np.load(path, mmap_mode="r", allow_pickle=False)
    if stored.ndim not in (3, 4):
        raise ValueError(f"{path} must hold (coils, H, W) or (slices, coils, H, W), got shape {stored.shape}")
    stored = stored if stored.ndim == 4 else stored[None]
    return np.array(stored[_chosen(slices, len(stored), path)])


def _hdf5(path: Path, slices: Sequence[int] | None) -> tuple[np.ndarray, int | None]:
    """Read a file of the fastMRI data set.

    Args:
        path: the file.
        slices: which slices.

    Returns:
        K-space, (B, coils, H, W), and the rows without oversampling, None where no header states them.

    Raises:
        ValueError: If there is no k-space in it, or of another number of axes.
    """
    with h5py.File(path, "r") as file:
        if "kspace" not in file:
            raise ValueError(f"{path} must hold a data set `kspace`, got {sorted(file)}")
        stored = file["kspace"]
        if stored.ndim not in (3, 4):
            raise ValueError(
                f"`kspace` of {path} must be (slices, coils, H, W) or (slices, H, W), got {stored.shape}"
            )
        y = np.stack([stored[index] for index in _chosen(slices, len(stored), path)])
        size = None
        if "ismrmrd_header" in file:
            size = readout_size(file["ismrmrd_header"][()], y.shape[-2])
    return (y if y.ndim == 4 else y[:, None]), size


def _chosen(slices: Sequence[int] | None, count: int, path: Path) -> list[int]:
    """List the slices to read.

    Args:
        slices: which ones, all if None.
        count: how many the file has.
        path: the file.

    Returns:
        Their numbers.

    Raises:
        ValueError: If none is chosen, or one that the file does not have.
    """
    chosen = list(range(count)) if slices is None else list(slices)
    if not chosen or not all(0 <= index < count for index in chosen):
        raise ValueError(f"`slices` must name slices of the {count} in {path}, got {chosen}")
    return chosen


def _check(y: np.ndarray, path: Path) -> None:
    """Refuse what is no k-space.

    Args:
        y: what the file holds.
        path: the file.

    Raises:
        ValueError: If it is real, not finite, or zero.
    """
    if not np.iscomplexobj(y):
        raise ValueError(f"{path} must hold complex k-space, got {y.dtype}")
    if not np.isfinite(y).all():
        raise ValueError(
            f"{path} must hold finite k-space, got {int((~np.isfinite(y)).sum())} values that are not"
        )
    empty = ~(y != 0).any(axis=(1, 2, 3))
    if empty.any():
        raise ValueError(f"{path} must hold signal in every slice, got {int(empty.sum())} of zeros alone")
