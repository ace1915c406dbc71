"""What HDF5 files in the layout of the fastMRI data set hold."""

from pathlib import Path

import h5py
import numpy as np

from monai_blurvae.mri.ismrmrd_header import ReconstructedGrid, readout_size, reconstructed_grid

HEADER = "ismrmrd_header"
"""The data set of the scanner's settings, in XML."""


def is_hdf5(path: Path) -> bool:
    """Tell whether a file is of this kind.

    Args:
        path: the file.

    Returns:
        Whether it is.
    """
    return bool(h5py.is_hdf5(path))


def stored_count(path: Path) -> int:
    """Count a file's slices without reading them.

    Args:
        path: the file.

    Returns:
        How many slices it holds.
    """
    with h5py.File(path, "r") as file:
        return len(_kspace(file, path))


def stored_grid(path: Path) -> ReconstructedGrid | None:
    """Read which image the scanner made of a file's k-space.

    Args:
        path: the file.

    Returns:
        The grid; None where no header states it.
    """
    with h5py.File(path, "r") as file:
        return reconstructed_grid(file[HEADER][()]) if HEADER in file else None


def stored_kspace(path: Path, slices: list[int]) -> tuple[np.ndarray, int | None]:
    """Read slices of k-space.

    Args:
        path: the file.
        slices: which slices.

    Returns:
        K-space, (B, coils, H, W), and the rows without oversampling, None where no header states them.

    Raises:
        ValueError: If the k-space has another number of axes.
    """
    with h5py.File(path, "r") as file:
        stored = _kspace(file, path)
        if stored.ndim not in (3, 4):
            raise ValueError(
                f"`kspace` of {path} must be (slices, coils, H, W) or (slices, H, W), got {stored.shape}"
            )
        y = np.stack([stored[index] for index in slices])
        size = readout_size(file[HEADER][()], y.shape[-2]) if HEADER in file else None
    return (y if y.ndim == 4 else y[:, None]), size


def _kspace(file: h5py.File, path: Path) -> h5py.Dataset:
    if "kspace" not in file:
        raise ValueError(f"{path} must hold a data set `kspace`, got {sorted(file)}")
    return file["kspace"]
