"""Where a prior holds that knows brains alone."""

from pathlib import Path

import torch
from torch import Tensor

from monai_blurvae.inference.scans.acquisition import Acquisitions
from monai_blurvae.inference.scans.arrays import of_slice
from monai_blurvae.inference.scans.scan_geometry import ScanGeometry
from monai_blurvae.inference.scans.slice_files import read_slices

CONTENT = "0 and 1, (H, W) or (slices, H, W), of the reconstruction's size"


class BrainMask:
    """Masks of slices; outside of them a prior says nothing.

    Args:
        path: .npy file of (H, W) or (slices, H, W) in the layout of the k-space; or .nii or .nii.gz, which is
            turned to the reconstruction's orientation. None: the prior holds everywhere.
        geometry: of the reconstruction; what it cuts off lies outside of the mask.

    Raises:
        ValueError: If the file holds other values than 0 and 1.
    """

    def __init__(self, path: str | Path | None, geometry: ScanGeometry) -> None:
        self.path = path
        self.geometry = geometry
        self.volume: Tensor | None = None
        if path is not None:
            volume = read_slices(Path(path), geometry.orientation, "brain_mask", CONTENT)
            if not bool(((volume == 0) | (volume == 1)).all()):
                raise ValueError(
                    f"`brain_mask` must hold 0 and 1 alone, got values from {volume.min()} to {volume.max()} "
                    f"in {path}"
                )
            self.volume = volume

    def check(self, acquisitions: Acquisitions) -> None:
        """Refuse a mask that does not fit, before a reconstruction starts.

        Args:
            acquisitions: the slices.
        """
        size = tuple(acquisitions.first().mask.shape[-2:])
        for number in acquisitions.numbers:
            self.of(number, acquisitions.count, size)

    def of(self, number: int, count: int, size: tuple[int, ...]) -> Tensor | None:
        """Give the mask of a slice.

        Args:
            number: which slice of the k-space.
            count: how many the k-space has.
            size: the k-space's (H, W).

        Returns:
            Where the prior holds, bool (1, 1, H, W), or None for everywhere.

        Raises:
            ValueError: If it has another size than the reconstruction, or is zero everywhere.
        """
        if self.volume is None:
            return None
        values = of_slice(self.volume, number, count, "brain_mask")
        whole = torch.zeros(size, dtype=torch.bool)
        kept = self.geometry.cropped(whole)  # a view
        if values.shape != kept.shape:
            raise ValueError(
                f"`brain_mask` must have the size of the reconstruction, {tuple(kept.shape)}, got "
                f"{tuple(values.shape)} in {self.path}"
            )
        if not bool(values.any()):
            raise ValueError(
                f"`brain_mask` must hold some brain in slice {number}, got all zero in {self.path}: name the "
                "slices that have some by --slices"
            )
        kept.copy_(values)
        return whole[None, None]
