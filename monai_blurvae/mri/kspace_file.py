"""K-space from files: NumPy arrays, BART's files, ISMRMRD files, and fastMRI's, with their headers."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Complex, Float
from torch import Tensor

from monai_blurvae.extras import from_extra
from monai_blurvae.mri.centred_fourier import READOUT, remove_readout_oversampling
from monai_blurvae.mri.ismrmrd_slices import ismrmrd_group, ismrmrd_slices
from monai_blurvae.mri.kspace_header import ReconstructedGrid, readout_size, reconstructed_grid
from monai_blurvae.mri.stored_slices import (
    StoredSlices,
    bart_slices,
    check_claim,
    dataset,
    fastmri_slices,
    npy_slices,
)

MAPPED = {".npy": npy_slices, ".cfl": bart_slices}
"""Files that are mapped; all others are HDF5."""

HDF5 = (".h5", ".hdf5", ".mrd")
"""Endings of HDF5 files."""

MAGNITUDES = (1e-15, 1e15)
"""Range of a slice's largest magnitude: float32 holds its square, and those of its smaller samples."""

REFERENCES = ("reconstruction_rss", "reconstruction_esc")
"""Data sets of the scanner's image of all samples: of several coils, of one coil."""


def read_kspace(path: str | Path, slices: Sequence[int] | None = None) -> Complex[Tensor, "B coils H W"]:
    """Read k-space: zero frequency in the middle, zeros where it was not sampled. H is the readout.

    | file | content |
    | --- | --- |
    | .npy | (coils, H, W) or (slices, coils, H, W) |
    | .cfl, with .hdr beside it | BART's axes: two of the axes 0, 1, 2 are H and W; 3 coils; 13 slices |
    | .h5 of fastMRI | `kspace` of (slices, coils, H, W), or (slices, H, W) of one coil |
    | .h5, .mrd of ISMRMRD | the readouts of a 2D Cartesian scan |

    HDF5 files need the extra `mri`; the readout's oversampling that their header states is removed. Of
    ISMRMRD files, readouts of noise and corrections are left out, and averages become their mean.

    Args:
        path: the file.
        slices: which slices, counted from 0; None: all.

    Returns:
        K-space, complex64, (B, coils, H, W), one batch element per slice.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is damaged, of another kind or has no such slice; if its k-space has another
            shape or is real; if a slice is too large, or as complex64 not finite, zero, or beyond
            `MAGNITUDES`. The message names the file.

    References:
        Zbontar et al., fastMRI: an open dataset and benchmarks for accelerated MRI, arXiv 1811.08839, 2018.
        Inati et al., ISMRM Raw data format: A proposed standard for MRI raw datasets, Magnetic Resonance in
        Medicine 77, 2017.
        Uecker et al., Berkeley Advanced Reconstruction Toolbox, Proc. ISMRM 23, 2486, 2015.
    """
    path = _checked(path)
    with _stored(path) as stored:
        chosen = list(range(stored.count)) if slices is None else list(slices)
        if not chosen or not all(
            isinstance(index, Integral) and 0 <= index < stored.count for index in chosen
        ):
            raise ValueError(f"`slices` must name slices of the {stored.count} in {path}, got {chosen}")
        y = _checked_kspace(np.stack([stored.read(index) for index in chosen]), path)
        if stored.header is not None:
            y = remove_readout_oversampling(y, readout_size(stored.header, y.shape[READOUT]))
    return y


def slice_count(path: str | Path) -> int:
    """Count the slices of a file that `read_kspace` reads, without reading them."""
    with _stored(_checked(path)) as stored:
        return stored.count


def read_grid(path: str | Path) -> ReconstructedGrid | None:
    """Read the grid of the scanner's image from the header of a k-space file; None without one."""
    with _stored(_checked(path)) as stored:
        return None if stored.header is None else reconstructed_grid(stored.header)


def fastmri_reference(path: str | Path) -> Float[Tensor, "slices H W"]:
    """Read the magnitudes, (slices, H, W), that a fastMRI .h5 file carries beside its full k-space."""
    path = _checked(path)
    with _opened(path) as file:
        name, stored = dataset(file, path, REFERENCES)
        if stored.ndim != 3 or stored.dtype.kind not in "iuf":
            raise ValueError(
                f"`{name}` of {path} must be real (slices, H, W), got {stored.dtype} of {stored.shape}"
            )
        check_claim(stored.shape, path)
        image = np.asarray(stored, dtype=np.float32)
    if not np.isfinite(image).all():
        raise ValueError(f"`{name}` of {path} must be finite, got {int((~np.isfinite(image)).sum())} others")
    return torch.from_numpy(image)


def _checked(path: str | Path) -> Path:
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"`path` must be a file of k-space, got {path}")
    if path.suffix not in (*MAPPED, *HDF5):
        raise ValueError(f"`path` must end in {', '.join(MAPPED)}, .h5, .hdf5 or .mrd, got {path}")
    if path.suffix in HDF5 and not from_extra("h5py").is_hdf5(path):
        raise ValueError(f"`path` must be an HDF5 file, got {path}, which is another kind or damaged")
    return path


@contextmanager
def _stored(path: Path) -> Iterator[StoredSlices]:
    if path.suffix in MAPPED:
        yield MAPPED[path.suffix](path)
        return
    with _opened(path) as file:
        group = None if "kspace" in file else ismrmrd_group(file)
        yield fastmri_slices(file, path) if group is None else ismrmrd_slices(group, path)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    # h5py's errors for damaged files have no base class of their own, and name no file
    try:
        with from_extra("h5py").File(path, "r") as file:
            yield file
    except (ImportError, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, ValueError) and str(path) in str(error):
            raise
        raise ValueError(f"`path` must be a whole file of k-space, got {path}: {error}") from error


def _checked_kspace(stored: np.ndarray, path: Path) -> Tensor:
    # what is checked is what the cast leaves
    with np.errstate(over="ignore"):
        y = stored.astype(np.complex64, copy=False)
    if not np.isfinite(y).all():
        raise ValueError(
            f"{path} must hold finite k-space, got {int((~np.isfinite(y)).sum())} values that are not"
        )
    empty = ~(y != 0).any(axis=(1, 2, 3))
    if empty.any():
        raise ValueError(f"{path} must hold signal in every slice, got only zeros in {int(empty.sum())}")
    low, high = MAGNITUDES
    for largest in abs(y).max(axis=(1, 2, 3)):
        if not low <= largest <= high:
            raise ValueError(
                f"{path} must hold slices with a largest magnitude of {low:g} to {high:g}, got {largest:g}"
            )
    return torch.from_numpy(y)
