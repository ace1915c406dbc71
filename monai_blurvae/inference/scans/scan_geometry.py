"""Positions of reconstructed pixels in the patient, and the orientation that the model sees."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from monai_blurvae.checks import OPPOSITE, check_integer, check_sizes, checked_orientation
from monai_blurvae.mri.centred_fourier import centre
from monai_blurvae.mri.kspace_header import ReconstructedGrid
from monai_blurvae.mri.orientation import in_orientation, reorient, same_plane

DIRECTIONS = {"R": (0, 1), "L": (0, -1), "A": (1, 1), "P": (1, -1), "S": (2, 1), "I": (2, -1)}
"""The world axis (right, anterior, superior) of each direction, and the sign along it."""


NAME = "kspace_orientation"
"""The setting that states an orientation."""


class ScanGeometry(NamedTuple):
    """The axes of the image in the patient, about the isocentre, and the crop of the field of view."""

    orientation: str
    """Directions towards which rows, columns and slices run, such as "PLS"."""
    spacing: tuple[float, float, float]
    """Of rows, columns and slices in mm."""
    crop: tuple[int, int] | None
    """Rows and columns to keep about the centre; None: all."""

    def cropped(self, image: Tensor) -> Tensor:
        """Crop an image, (..., H, W), about its centre, (H // 2, W // 2); a view."""
        if self.crop is None:
            return image
        rows, columns = (centre(side, kept) for side, kept in zip(image.shape[-2:], self.crop, strict=True))
        return image[..., rows, columns]

    def affine(self, size: Sequence[int], slices: Sequence[int]) -> NDArray[np.float64]:
        """Place a volume: the in-plane centre and slice 0 at the origin.

        Args:
            size: rows and columns in pixels.
            slices: numbers of the volume's slices, evenly spaced.

        Returns:
            From indices (row, column, slice) to mm towards right, anterior, superior, (4, 4).
        """
        step = slices[1] - slices[0] if len(slices) > 1 else 1
        millimetres = (self.spacing[0], self.spacing[1], self.spacing[2] * step)
        origin = (size[0] // 2, size[1] // 2, -slices[0] / step)
        affine = np.diag((0.0, 0.0, 0.0, 1.0))
        for column, (letter, mm) in enumerate(zip(self.orientation, millimetres, strict=True)):
            axis, sign = DIRECTIONS[letter]
            affine[axis, column] = sign * mm
        affine[:3, 3] = -affine[:3, :3] @ np.array(origin)
        return affine


def scan_geometry(
    orientation: str | None,
    spacing: Sequence[float] | None,
    crop: Sequence[int] | None,
    trained: str,
    grid: ReconstructedGrid | None = None,
) -> ScanGeometry:
    """Complete the stated geometry of a scan.

    Args:
        orientation: of the k-space's rows, columns (and slices), such as "PL"; None: the model's.
        spacing: of rows, columns (and slices) in mm; None: the header's, else 1.
        crop: rows and columns to keep; None: the header's, else all.
        trained: the model's orientation, such as "PLS".
        grid: grid that the file's header states.

    Returns:
        The geometry. Slices run towards the model's third direction, unless stated or impossible.

    Raises:
        ValueError: If the orientation, the spacing or the crop is not as stated.
    """
    stated = trained if orientation is None else checked_orientation(orientation, name=NAME)
    if len(stated) == 2:
        left = next(letter for letter in "RAS" if not {letter, OPPOSITE[letter]} & set(stated))
        stated += trained[2] if trained[2] in (left, OPPOSITE[left]) else left
    header = grid.spacing if grid is not None else (1.0, 1.0, 1.0)
    check_sizes(axes=(2, 3), spacing=header if spacing is None else spacing)
    mm = [*(header if spacing is None else spacing)]
    if crop is not None:
        check_sizes(axes=(2,), crop=crop)
        check_integer(1, crop=min(crop))
    kept = (None if grid is None else grid.size) if crop is None else tuple(crop)
    rows, columns, slices = (*mm, *header[len(mm) :])
    return ScanGeometry(stated, (rows, columns, slices), None if kept is None else (kept[0], kept[1]))


class Placement(NamedTuple):
    """How a model sees slices: turned to its own orientation, if rows and columns have the same plane."""

    source: str
    """Orientation of the k-space."""
    orientation: str
    """Orientation that the model sees."""
    spacing: tuple[float, ...] | None
    """Spacing in mm in the order of that orientation; None: unknown."""

    def turned(self, values: Tensor) -> Tensor:
        """Turn values (..., H, W) in the layout of k-space to the model's orientation, exactly."""
        return reorient(values, self.source, self.orientation)

    def back(self, values: Tensor) -> Tensor:
        """Turn images (..., H, W) from the model's orientation back to that of the k-space."""
        return reorient(values, self.orientation, self.source)


def placement(orientation: str | None, spacing: Sequence[float] | None, trained: str) -> Placement:
    """Find how a model will see slices: in its own orientation where the planes agree, else as they are.

    Args:
        orientation: orientation of the k-space's rows and columns, such as "PL"; None: the model's.
        spacing: of rows, columns (and slices) in mm; None: unknown.
        trained: the model's orientation, such as "PLS".

    Returns:
        The placement.

    Example:
        >>> placement("RA", (0.5, 1.0), "PLS")
        Placement(source='RA', orientation='PLS', spacing=(1.0, 0.5))
    """
    stated = trained if orientation is None else checked_orientation(orientation, name=NAME)
    known = None if spacing is None else tuple(float(value) for value in spacing)
    if not same_plane(stated, trained):
        return Placement(stated, stated, known)
    return Placement(stated, trained, None if known is None else in_orientation(known, stated, trained))
