"""What the header of a fastMRI file says of the image: fields of view and sizes."""

from typing import NamedTuple
from xml.etree import ElementTree

ISMRMRD = "{http://www.ismrm.org/ISMRMRD}"
"""The name space of the header that fastMRI files carry."""


class ReconstructedGrid(NamedTuple):
    """The image that the scanner made of the k-space, about the same centre."""

    size: tuple[int, int]
    """Rows (readout) and columns (phase encoding) in pixels."""
    spacing: tuple[float, float, float]
    """Of rows, columns and slices, in mm."""


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


def reconstructed_grid(header: str | bytes) -> ReconstructedGrid | None:
    """Find the size and the spacing of the image that the scanner made.

    Args:
        header: XML with the reconstructed space.

    Returns:
        The grid; None where the header does not state its size and its field of view along all axes.
    """
    encoding = _encoding(header)
    fields = _numbers(encoding, "reconSpace", "fieldOfView_mm", "xyz")
    sizes = _numbers(encoding, "reconSpace", "matrixSize", "xyz")
    if len(fields) != 3 or len(sizes) != 3 or min(fields + sizes) <= 0:
        return None
    rows, columns, slices = (field / size for field, size in zip(fields, sizes, strict=True))
    return ReconstructedGrid((int(sizes[0]), int(sizes[1])), (rows, columns, slices))


def _encoding(header: str | bytes) -> ElementTree.Element | None:
    """Find a header's encoding.

    Args:
        header: XML.

    Returns:
        The element, None where there is none.

    Raises:
        ValueError: If the header is no XML.
    """
    try:
        return ElementTree.fromstring(header).find(f"{ISMRMRD}encoding")
    except ElementTree.ParseError as error:
        raise ValueError(f"`header` must be an ISMRMRD header in XML, got {error}") from error


def _numbers(encoding: ElementTree.Element | None, space: str, what: str, axes: str) -> list[float]:
    if encoding is None:
        return []
    fields = [encoding.find(f"{ISMRMRD}{space}/{ISMRMRD}{what}/{ISMRMRD}{axis}") for axis in axes]
    return [float(field.text) for field in fields if field is not None and field.text]
