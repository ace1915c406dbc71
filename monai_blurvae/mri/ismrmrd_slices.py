"""ISMRMRD files: the readouts of a scan, sorted into the k-space of slices (package `ismrmrd`)."""

from pathlib import Path
from typing import Any

import numpy as np

from monai_blurvae.extras import from_extra
from monai_blurvae.mri.kspace_header import cartesian_layout
from monai_blurvae.mri.stored_slices import StoredSlices, check_claim

MOST_HEADERS = 2**29
"""Bytes of the headers of all readouts, which are read at once: of some 1.5 million."""

NOT_OF_THE_IMAGE = (
    "NOISE_MEASUREMENT",
    "NAVIGATION_DATA",
    "PHASECORR_DATA",
    "HPFEEDBACK_DATA",
    "DUMMYSCAN_DATA",
    "RTFEEDBACK_DATA",
    "SURFACECOILCORRECTIONSCAN_DATA",
)
"""Kinds of readouts that are left out, of ISMRMRD's flags `ACQ_IS_...`."""

ONE = ("kspace_encode_step_2", "contrast", "phase", "repetition", "set")
"""Counters of ISMRMRD of which a slice has one value. (Several averages become their mean.)"""


def ismrmrd_group(file: Any) -> Any:  # noqa: ANN401
    """Find the group of an open HDF5 file that holds `xml` and `data`, as ISMRMRD has them; None without."""
    groups = [group for name in file if hasattr(group := file.get(name), "keys")]
    return next((group for group in groups if {"xml", "data"} <= set(group)), None)


def ismrmrd_slices(group: Any, path: Path) -> StoredSlices:  # noqa: ANN401
    """Sort the readouts of a 2D Cartesian scan by slice and phase encoding step.

    Readouts of noise, navigators and other corrections are left out, and those of a separate calibration.
    Those of the same phase encoding step are averaged. Any other kind of scan is refused by name.

    Args:
        group: the group of an HDF5 file that holds `xml` and `data`.
        path: the file, for messages.

    Returns:
        The slices, in the order of their number.

    Raises:
        ValueError: If the scan is not 2D Cartesian, has several contrasts or repetitions, readouts of
            different lengths or in both directions, or misses a slice.
    """
    ismrmrd = from_extra("ismrmrd")
    header = _header(group["xml"], path)
    layout = cartesian_layout(header)
    heads = _heads(group["data"], path)
    where = np.flatnonzero(_of_the_image(heads["flags"], ismrmrd, layout.calibration_inside))
    heads = heads[where]
    counters = heads["idx"]
    if not len(where):
        raise ValueError(f"{path} must hold readouts of an image, got only noise and corrections")
    if (heads["flags"] & _bit(ismrmrd, "REVERSE")).any():
        raise ValueError(f"{path} must hold readouts in one direction, got some in reverse, as in EPI")
    if heads["encoding_space_ref"].any():
        raise ValueError(f"{path} must hold one encoding, got {np.unique(heads['encoding_space_ref'])}")
    for name in ONE:
        _one(counters[name], name, path)
    coils, length, before, after, middle = (
        _one(heads[name], name, path)
        for name in ("active_channels", "number_of_samples", "discard_pre", "discard_post", "center_sample")
    )
    if length - before - after != layout.rows or middle not in (
        0,
        before + layout.rows // 2,
    ):  # 0: not stated
        raise ValueError(
            f"{path} must hold readouts of {layout.rows} samples, as its header says, with zero frequency in "
            f"the middle, got {length} with the centre at {middle}, and {before} and {after} to discard"
        )
    columns = counters["kspace_encode_step_1"].astype(int) + layout.first
    if columns.min() < 0 or columns.max() >= layout.columns:
        raise ValueError(
            f"{path} must hold phase encoding steps for {layout.columns} columns, as its header says, got "
            f"columns {columns.min()} to {columns.max()}"
        )
    numbers = counters["slice"]
    count = int(numbers.max()) + 1
    if len(np.unique(numbers)) != count:
        raise ValueError(f"{path} must hold all slices from 0, got {np.unique(numbers)}")
    check_claim((coils, layout.rows, layout.columns), path)
    acquisitions = from_extra("ismrmrd.file").Acquisitions(group["data"])

    def read(number: int) -> np.ndarray:
        y = np.zeros((layout.columns, coils, layout.rows), dtype=np.complex64)
        chosen = np.flatnonzero(numbers == number)
        for index in chosen:
            y[columns[index]] += acquisitions[int(where[index])].data[:, before : before + layout.rows]
        averages = np.bincount(columns[chosen], minlength=layout.columns).clip(1)
        return (y / averages[:, None, None].astype(np.float32)).transpose(1, 2, 0)

    return StoredSlices(count, read, header)


def _header(xml: Any, path: Path) -> Any:  # noqa: ANN401
    if getattr(xml, "size", 0) != 1:
        raise ValueError(f"`xml` of {path} must be one ISMRMRD header, got {xml}")
    return np.ravel(xml[()])[0]


def _heads(data: Any, path: Path) -> np.ndarray:  # noqa: ANN401
    fields = getattr(data, "dtype", np.dtype(int)).names or ()
    if "head" not in fields or data.ndim != 1 or not 1 <= len(data) <= MOST_HEADERS // data.dtype.itemsize:
        raise ValueError(
            f"`data` of {path} must be ISMRMRD's acquisitions, at least 1 and of {MOST_HEADERS} bytes of "
            f"headers at most, got {data}"
        )
    return np.asarray(data.fields("head")[()])


def _of_the_image(flags: np.ndarray, ismrmrd: Any, calibration_inside: bool) -> np.ndarray:  # noqa: ANN401
    left_out = sum(_bit(ismrmrd, name) for name in NOT_OF_THE_IMAGE)
    calibration = flags & _bit(ismrmrd, "PARALLEL_CALIBRATION") != 0
    both = flags & _bit(ismrmrd, "PARALLEL_CALIBRATION_AND_IMAGING") != 0
    kept: np.ndarray = (flags & left_out == 0) & (calibration_inside | both | ~calibration)
    return kept


def _bit(ismrmrd: Any, name: str) -> np.uint64:  # noqa: ANN401
    # ISMRMRD counts its flags from 1
    return np.uint64(1) << np.uint64(getattr(ismrmrd, f"ACQ_IS_{name}") - 1)


def _one(values: np.ndarray, name: str, path: Path) -> int:
    if (values != values[0]).any():
        raise ValueError(
            f"{path} must hold one `{name}`, got {len(np.unique(values))}, from {values.min()} to "
            f"{values.max()}"
        )
    return int(values[0])
