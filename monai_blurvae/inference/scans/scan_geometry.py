"""Where the pixels of reconstructed slices lie in the patient."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from monai_blurvae.mri.ismrmrd_header import ReconstructedGrid
from monai_blurvae.mri.orientation import OPPOSITE, checked_orientation

DIRECTIONS = {"R": (0, 1), "L": (0, -1), "A": (1, 1), "P": (1, -1), "S": (2, 1), "I": (2, -1)}
"""World axis, right, anterior, superior, and the sign along it."""


class ScanGeometry(NamedTuple):
    """The image's axes in the patient, about the isocentre, and what is cut out of the field of view."""

    orientation: str
    """Directions towards which rows, columns and slices run, such as "PLS"."""
    spacing: tuple[float, float, float]
    """Of rows, columns and slices in mm."""
    crop: tuple[int, int] | None
    """Rows and columns to keep about the centre; None: all."""

    def cropped(self, image: Tensor) -> Tensor:
        """Cut the middle out of an image; its centre stays at (H // 2, W // 2).

        Args:
            image: (..., H, W).

        Returns:
            (..., H', W'), never more than there is.

        Example:
            >>> import torch
            >>> ScanGeometry("PLS", (1, 1, 1), (1, 9)).cropped(torch.arange(9).view(3, 3))
            tensor([[3, 4, 5]])
        """
        for axis, kept in zip((-2, -1), self.crop or (), strict=False):
            size = image.shape[axis]
            kept = min(kept, size)
            image = image.narrow(axis, size // 2 - kept // 2, kept)
        return image

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
    """Complete what is stated of a scan.

    Args:
        orientation: of the k-space's rows, columns (and slices), such as "PL"; None: the model's.
        spacing: of rows, columns (and slices) in mm; None: the header's, else 1.
        crop: rows and columns to keep; None: the header's, else all.
        trained: the model's orientation, such as "PLS".
        grid: what the file's header says.

    Returns:
        The geometry; slices run towards the model's third direction where that is not stated and possible.

    Raises:
        ValueError: If the orientation, the spacing or the crop is none.
    """
    stated = checked_orientation(trained if orientation is None else orientation)
    if len(stated) == 2:
        left = next(letter for letter in "RAS" if not {letter, OPPOSITE[letter]} & set(stated))
        stated += trained[2] if trained[2] in (left, OPPOSITE[left]) else left
    header = grid.spacing if grid is not None else (1.0, 1.0, 1.0)
    mm = [*(header if spacing is None else spacing)]
    if len(mm) not in (2, 3) or not all(0 < value < float("inf") for value in mm):
        raise ValueError(f"`spacing` must be two or three positive sizes in mm, got {tuple(mm)}")
    kept = (None if grid is None else grid.size) if crop is None else tuple(crop)
    if kept is not None and (len(kept) != 2 or min(kept) < 1):
        raise ValueError(f"`crop` must be two positive sizes in pixels, got {kept}")
    rows, columns, slices = (*mm, *header[len(mm) :])
    return ScanGeometry(stated, (rows, columns, slices), None if kept is None else (kept[0], kept[1]))
