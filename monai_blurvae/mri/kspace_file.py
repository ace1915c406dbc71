"""K-space from files: NumPy arrays, and HDF5 in the layout of the fastMRI data set."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Complex
from torch import Tensor

from monai_blurvae.mri.ismrmrd_header import ReconstructedGrid
from monai_blurvae.mri.mri_extra import from_mri_extra
from monai_blurvae.mri.readout import remove_readout_oversampling


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
    path = _checked(path)
    chosen = _chosen(slices, slice_count(path), path)
    y, size = (_npy(path, chosen), None) if path.suffix == ".npy" else _hdf5("stored_kspace")(path, chosen)
    _check(y, path)
    kspace = torch.from_numpy(y.astype(np.complex64))
    return kspace if size is None else remove_readout_oversampling(kspace, size)


def slice_count(path: str | Path) -> int:
    """Count a file's slices without reading them.

    Args:
        path: the file, of a kind that `read_kspace` reads.

    Returns:
        How many slices it holds.

    Raises:
        ValueError: If it holds no k-space.
    """
    path = _checked(path)
    if path.suffix == ".npy":
        shape = _stored(path).shape
        return int(shape[0]) if len(shape) == 4 else 1
    count: int = _hdf5("stored_count")(path)
    return count


def read_grid(path: str | Path) -> ReconstructedGrid | None:
    """Read which image the scanner made of a file's k-space.

    Args:
        path: the file, of a kind that `read_kspace` reads.

    Returns:
        The grid; None where no header states it.
    """
    path = _checked(path)
    grid: ReconstructedGrid | None = None if path.suffix == ".npy" else _hdf5("stored_grid")(path)
    return grid


def _checked(path: str | Path) -> Path:
    """Refuse files that cannot hold k-space.

    Args:
        path: the file.

    Returns:
        The same.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is of another kind.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"`path` must be a file of k-space, got {path}")
    if path.suffix not in (".npy", ".h5", ".hdf5"):
        raise ValueError(f"`path` must end in .npy, .h5 or .hdf5, got {path}")
    if path.suffix != ".npy" and not _hdf5("is_hdf5")(path):
        raise ValueError(f"`path` must be an HDF5 file, got {path}, which is another or damaged")
    return path


def _hdf5(name: str) -> Any:  # noqa: ANN401
    return from_mri_extra("kspace_hdf5", name)


def _stored(path: Path) -> np.ndarray:
    """Map a NumPy file.

    Args:
        path: the file.

    Returns:
        What it holds, on disk.

    Raises:
        ValueError: If it is no NumPy file.
    """
    try:
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except (ValueError, OSError, EOFError) as error:
        raise ValueError(f"`path` must be a .npy file, got {path}: {error}") from error


def _npy(path: Path, slices: list[int]) -> np.ndarray:
    """Read a NumPy file.

    Args:
        path: the file.
        slices: which slices.

    Returns:
        K-space, (B, coils, H, W).

    Raises:
        ValueError: If it has another number of axes.
    """
    stored = _stored(path)
    if stored.ndim not in (3, 4):
        raise ValueError(f"{path} must hold (coils, H, W) or (slices, coils, H, W), got shape {stored.shape}")
    stored = stored if stored.ndim == 4 else stored[None]
    return np.array(stored[slices])


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
