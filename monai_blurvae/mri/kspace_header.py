"""The scanner's settings beside k-space: the ISMRMRD header in XML, which fastMRI files carry as well."""

import math
from collections.abc import Iterable
from typing import NamedTuple
from xml.etree import ElementTree

ISMRMRD = "{http://www.ismrm.org/ISMRMRD}"
"""The name space of the header."""

LIMITS = {
    "matrixSize": (1.0, 1e5),
    "fieldOfView_mm": (0.01, 1e5),
    "kspace_encoding_step_1": (0.0, 1e5),
}
"""Ranges of the numbers of a header."""


class ReconstructedGrid(NamedTuple):
    """The image that the scanner made of the k-space, about the same centre."""

    size: tuple[int, int]
    """Rows (readout) and columns (phase encoding) in pixels."""
    spacing: tuple[float, float, float]
    """Of rows, columns and slices, in mm."""


class CartesianLayout(NamedTuple):
    """The k-space of a slice, as the header states it."""

    rows: int
    """Samples of a readout, with oversampling."""
    columns: int
    """Phase encoding steps."""
    first: int
    """Column of phase encoding step 0."""
    calibration_inside: bool
    """Whether readouts for calibration belong to the k-space."""


def readout_size(header: str | bytes, rows: int) -> int:
    """Compute the rows without oversampling: H times the ratio of the fields of view along the readout, x."""
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


def reconstructed_grid(header: str | bytes) -> ReconstructedGrid | None:
    """Read the grid of the scanner's image; None where size or field of view are missing along an axis."""
    encoding = _encoding(header)
    fields = _numbers(encoding, "reconSpace", "fieldOfView_mm", "xyz")
    sizes = _numbers(encoding, "reconSpace", "matrixSize", "xyz")
    if len(fields) != 3 or len(sizes) != 3:
        return None
    rows, columns, slices = (field / size for field, size in zip(fields, sizes, strict=True))
    return ReconstructedGrid((int(sizes[0]), int(sizes[1])), (rows, columns, slices))


def cartesian_layout(header: str | bytes) -> CartesianLayout:
    """Read the layout of k-space; refuse, by name, all that is not 2D Cartesian."""
    encoding = _encoding(header)
    trajectory = _text(encoding, "trajectory")
    if trajectory != "cartesian":
        raise ValueError(f'`header` must state the trajectory "cartesian", got {trajectory!r}')
    sizes = _numbers(encoding, "encodedSpace", "matrixSize", "xyz")
    if len(sizes) != 3 or sizes[2] != 1:
        raise ValueError(f"`header` must state the encoded matrix of a slice, (x, y, 1), got {sizes}: not 2D")
    rows, columns = int(sizes[0]), int(sizes[1])
    centre = _numbers(encoding, "encodingLimits", "kspace_encoding_step_1", ("center",)) or [columns // 2]
    embedded = _text(encoding, "parallelImaging", "calibrationMode") == "embedded"
    return CartesianLayout(rows, columns, columns // 2 - int(centre[0]), embedded)


def _encoding(header: str | bytes) -> ElementTree.Element | None:
    try:
        return ElementTree.fromstring(header).find(f"{ISMRMRD}encoding")
    except ElementTree.ParseError as error:
        raise ValueError(f"`header` must be an ISMRMRD header in XML, got {error}") from error


def _text(encoding: ElementTree.Element | None, *names: str) -> str | None:
    found = None if encoding is None else encoding.find("/".join(ISMRMRD + name for name in names))
    return None if found is None else found.text


def _numbers(encoding: ElementTree.Element | None, space: str, what: str, axes: Iterable[str]) -> list[float]:
    axes = list(axes)
    texts = [text for axis in axes if (text := _text(encoding, space, what, axis))]
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
