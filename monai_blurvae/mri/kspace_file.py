"""K-space from files: NumPy arrays, and HDF5 in the layout of the fastMRI data set with its header."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from numbers import Integral
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

MOST_SAMPLES = 2**27
"""Samples of the largest slice, of all coils together, or reference: 1 GiB of complex64."""

MAGNITUDES = (1e-15, 1e15)
"""Range of a slice's largest magnitude: float32 holds its square, and those of its smaller samples."""

LIMITS = {"matrixSize": (1.0, 1e5), "fieldOfView_mm": (0.01, 1e5)}
"""Ranges of the numbers of a header."""

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
        ValueError: If the file is damaged, of another kind or has no such slice; if its k-space has another
            shape or is real; if a slice is too large, or as complex64 not finite, zero, or beyond
            `MAGNITUDES`. The message names the file.

    References:
        Zbontar et al., fastMRI: an open dataset and benchmarks for accelerated MRI, arXiv 1811.08839, 2018.
    """
    path = _checked(path)
    count = slice_count(path)
    chosen = list(range(count)) if slices is None else list(slices)
    if not chosen or not all(isinstance(index, Integral) and 0 <= index < count for index in chosen):
        raise ValueError(f"`slices` must name slices of the {count} in {path}, got {chosen}")
    if path.suffix == ".npy":
        stored = _stored(path)
        return _checked_kspace((stored if stored.ndim == 4 else stored[None])[chosen], path)
    with _opened(path) as file:
        kspace = _kspace(file, path)
        read = np.stack([kspace[index] for index in chosen])
        y = _checked_kspace(read if read.ndim == 4 else read[:, None], path)
        if HEADER in file:
            y = remove_readout_oversampling(y, _readout_size(file[HEADER][()], y.shape[READOUT]))
    return y


def slice_count(path: str | Path) -> int:
    """Count the slices of a file that `read_kspace` reads, without reading them."""
    path = _checked(path)
    if path.suffix == ".npy":
        shape = _stored(path).shape
        return int(shape[0]) if len(shape) == 4 else 1
    with _opened(path) as file:
        return len(_kspace(file, path))


def read_grid(path: str | Path) -> ReconstructedGrid | None:
    """Read the grid of the scanner's image from the header of a k-space file; None without one."""
    path = _checked(path)
    if path.suffix == ".npy":
        return None
    with _opened(path) as file:
        return _reconstructed_grid(file[HEADER][()]) if HEADER in file else None


def fastmri_reference(path: str | Path) -> Float[Tensor, "slices H W"]:
    """Read the magnitudes, (slices, H, W), that a fastMRI .h5 file carries beside its full k-space."""
    path = _checked(path)
    with _opened(path) as file:
        name, stored = _dataset(file, path, REFERENCES)
        if stored.ndim != 3 or stored.dtype.kind not in "iuf":
            raise ValueError(
                f"`{name}` of {path} must be real (slices, H, W), got {stored.dtype} of {stored.shape}"
            )
        _check_claim(stored.shape, path)
        image = np.asarray(stored, dtype=np.float32)
    if not np.isfinite(image).all():
        raise ValueError(f"`{name}` of {path} must be finite, got {int((~np.isfinite(image)).sum())} others")
    return torch.from_numpy(image)


def _readout_size(header: str | bytes, rows: int) -> int:
    # rows without oversampling: H times the ratio of the fields of view along the readout, x
    encoding = _encoding(header)
    millimetres = [
        value
        for space in ("encodedSpace", "reconSpace")
        for value in _numbers(encoding, space, "fieldOfView_mm", "x")
    ]
    if len(millimetres) != 2:
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
    if len(fields) != 3 or len(sizes) != 3:
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
    texts = [field.text for field in fields if field is not None and field.text]
    texts = [text for text in texts if len(axes) == 1 or _number(text) != 0]  # 0: not stated
    low, high = LIMITS[what]
    for text in texts:
        if not low <= _number(text) <= high:
            raise ValueError(
                f"`header` must state sizes, and fields of view in mm, {what} from {low:g} to {high:g}, got "
                f"{text!r} in {space}"
            )
    return [float(text) for text in texts]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _checked(path: str | Path) -> Path:
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"`path` must be a file of k-space, got {path}")
    if path.suffix not in (".npy", ".h5", ".hdf5"):
        raise ValueError(f"`path` must end in .npy, .h5 or .hdf5, got {path}")
    if path.suffix != ".npy" and not from_extra("h5py").is_hdf5(path):
        raise ValueError(f"`path` must be an HDF5 file, got {path}, which is another kind or damaged")
    return path


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


def _stored(path: Path) -> np.ndarray:
    # mapped, not read
    try:
        stored = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except Exception as error:  # a header is parsed as Python's literals: any of the parser's errors
        raise ValueError(f"`path` must be a .npy file, got {path}: {error}") from error
    if stored.ndim not in (3, 4):
        raise ValueError(f"{path} must hold (coils, H, W) or (slices, coils, H, W), got shape {stored.shape}")
    _check_complex(stored, path)
    _check_claim(stored.shape[-3:], path)
    return stored


def _kspace(file: Any, path: Path) -> Any:  # noqa: ANN401
    _, kspace = _dataset(file, path, ("kspace",))
    if kspace.ndim not in (3, 4):
        raise ValueError(
            f"`kspace` of {path} must be (slices, coils, H, W) or (slices, H, W), got {kspace.shape}"
        )
    _check_complex(kspace, path)
    _check_claim(kspace.shape[1:], path)
    return kspace


def _dataset(file: Any, path: Path, names: Sequence[str]) -> tuple[str, Any]:  # noqa: ANN401
    # the first there is, and its name
    for name in names:
        if name in file:
            dataset = file[name]
            if not getattr(dataset, "shape", None):
                raise ValueError(f"`{name}` of {path} must be a data set of several axes, got {dataset}")
            return name, dataset
    raise ValueError(f"{path} must hold a data set `{'` or `'.join(names)}`, got {sorted(file)}")


def _check_complex(stored: Any, path: Path) -> None:  # noqa: ANN401
    if stored.dtype.kind != "c":
        raise ValueError(f"{path} must hold complex k-space, got {stored.dtype}")


def _check_claim(shape: Sequence[int], path: Path) -> None:
    # of what is read at once, before it is
    if not 1 <= math.prod(shape) <= MOST_SAMPLES:
        raise ValueError(
            f"{path} must hold 1 to {MOST_SAMPLES} samples in each slice, and in a reference, got "
            f"{tuple(shape)}"
        )


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
