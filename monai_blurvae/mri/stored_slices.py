"""The slices of a file of k-space, read one at a time: NumPy, BART, and HDF5 in the layout of fastMRI."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

MOST_SAMPLES = 2**27
"""Samples of the largest slice, of all coils together, or reference: 1 GiB of complex64."""

HEADER = "ismrmrd_header"
"""The data set of the scanner's settings in fastMRI's files, in XML."""

BART_AXES = (0, 1, 2, 3, 13)
"""Axes of BART that k-space of slices may have: space, coils (3) and slices (13)."""

LONGEST_TEXT = 2**20
"""Bytes of the largest header of BART."""


@dataclass(frozen=True)
class StoredSlices:
    """The slices of a file, not yet read."""

    count: int
    read: Callable[[int], np.ndarray]
    """Reads a slice by its number: complex (coils, H, W), zero frequency in the middle."""
    header: str | bytes | None = None
    """The scanner's settings, an ISMRMRD header in XML."""


def npy_slices(path: Path) -> StoredSlices:
    """Map a .npy file of (coils, H, W) or (slices, coils, H, W)."""
    try:
        stored = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except Exception as error:  # a header is parsed as Python's literals: any of the parser's errors
        raise ValueError(f"`path` must be a .npy file, got {path}: {error}") from error
    if stored.ndim not in (3, 4):
        raise ValueError(f"{path} must hold (coils, H, W) or (slices, coils, H, W), got shape {stored.shape}")
    check_complex(stored, path)
    check_claim(stored.shape[-3:], path)
    slices = stored if stored.ndim == 4 else stored[None]
    return StoredSlices(len(slices), slices.__getitem__)


def bart_slices(path: Path) -> StoredSlices:
    """Map a .cfl file of BART, whose axes stand in the .hdr file beside it.

    Args:
        path: the .cfl file.

    Returns:
        The slices. Two of BART's first three axes are H and W, in this order.

    Raises:
        FileNotFoundError: If there is no .hdr file.
        ValueError: If the other one of them, or an axis that is not in `BART_AXES`, is larger than 1; if the
            .hdr file is no such text, or states another size than that of the .cfl file.
    """
    sizes = _bart_sizes(path.with_suffix(".hdr"))
    plane = [size for size in sizes[:3] if size > 1]
    others = {axis: size for axis, size in enumerate(sizes) if size > 1 and axis not in BART_AXES}
    if len(plane) != 2 or others:
        raise ValueError(
            f"{path} must hold k-space of slices: two of the axes 0, 1, 2 larger than 1, and besides only "
            f"3 (coils) and 13 (slices), got {sizes}"
        )
    shape = (*plane, sizes[3], sizes[13])
    check_claim(shape[:3], path)
    if path.stat().st_size != 8 * math.prod(shape):
        raise ValueError(
            f"{path} must hold {' x '.join(map(str, shape))} samples of 8 bytes, as its .hdr file says, got "
            f"{path.stat().st_size} bytes"
        )
    stored = np.memmap(path, "<c8", "r", shape=shape, order="F").transpose(3, 2, 0, 1)
    return StoredSlices(len(stored), lambda number: np.array(stored[number]))


def fastmri_slices(file: Any, path: Path) -> StoredSlices:  # noqa: ANN401
    """Find `kspace` of (slices, coils, H, W), or (slices, H, W) of one coil, in an open HDF5 file."""
    _, kspace = dataset(file, path, ("kspace",))
    if kspace.ndim not in (3, 4):
        raise ValueError(
            f"`kspace` of {path} must be (slices, coils, H, W) or (slices, H, W), got {kspace.shape}"
        )
    check_complex(kspace, path)
    check_claim(kspace.shape[1:], path)
    header = file[HEADER][()] if HEADER in file else None
    coils = slice(None) if kspace.ndim == 4 else None
    return StoredSlices(len(kspace), lambda number: kspace[number][coils], header)


def dataset(file: Any, path: Path, names: Sequence[str]) -> tuple[str, Any]:  # noqa: ANN401
    """Find the first of some data sets that an open HDF5 file has, and its name."""
    for name in names:
        if name in file:
            found = file[name]
            if not getattr(found, "shape", None):
                raise ValueError(f"`{name}` of {path} must be a data set of several axes, got {found}")
            return name, found
    raise ValueError(f"{path} must hold a data set `{'` or `'.join(names)}`, got {sorted(file)}")


def check_complex(stored: Any, path: Path) -> None:  # noqa: ANN401
    """Refuse values that are not complex."""
    if stored.dtype.kind != "c":
        raise ValueError(f"{path} must hold complex k-space, got {stored.dtype}")


def check_claim(shape: Sequence[int], path: Path) -> None:
    """Refuse, before it is read, what is read at once and has too many samples, or none."""
    if not 1 <= math.prod(shape) <= MOST_SAMPLES:
        raise ValueError(
            f"{path} must hold 1 to {MOST_SAMPLES} samples in each slice, and in a reference, got "
            f"{tuple(shape)}"
        )


def _bart_sizes(path: Path) -> list[int]:
    # the 16 sizes of BART's axes, which stand in the line after "# Dimensions"
    if not path.is_file():
        raise FileNotFoundError(f"`path` must be a .cfl file of BART beside its .hdr file, got no {path}")
    with path.open("rb") as file:
        lines = file.read(LONGEST_TEXT).decode("ascii", "replace").splitlines()
    stated = lines[1].split() if len(lines) > 1 and lines[0].strip() == "# Dimensions" else []
    if not 1 <= len(stated) <= 16 or not all(size.isdecimal() and 0 < len(size) < 10 for size in stated):
        raise ValueError(
            f'{path} must begin with a line "# Dimensions" and one of up to 16 sizes, got {lines[:2]}'
        )
    sizes = [int(size) for size in stated]
    if min(sizes) < 1:
        raise ValueError(f"{path} must state sizes of at least 1, got {sizes}")
    return sizes + [1] * (16 - len(sizes))
