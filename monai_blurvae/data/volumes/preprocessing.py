"""The preprocessing of a volume: orientation, spacing, crop to the brain, intensities (data/intensity.py)."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torchio as tio
from torch import Tensor

from monai_blurvae.checks import check_in, check_integer, check_sizes, checked_orientation
from monai_blurvae.data.intensity import brain_percentile, to_signed_range
from monai_blurvae.data.volumes.reading import IMAGE, check_spacing


@dataclass(frozen=True)
class Preprocessing:
    """A TorchIO transform of subjects: `geometry`, then x = 2 v / p - 1, clipped to [-1, 1].

    With the default orientation rows run to posterior, columns to left and slices (the last axis) to
    superior: a slice is shown upright, anterior on top, the subject's right on the viewer's left.

    Args:
        orientation: three letters: the directions in which rows, columns and slices run.
        spacing: voxel size after resampling in mm, (row, column, slice); None keeps the file's.
        percentile: percentile of the non-zero voxels that becomes 1.
        min_size: patch size in voxels, (rows, columns) or (slices, rows, columns): the crop keeps that much.
        margin: voxels kept around the brain, so that patches may reach over its edge.
    """

    orientation: str = "PLS"
    spacing: Sequence[float] | None = None
    percentile: float = 99.5
    min_size: Sequence[int] = (64, 64)
    margin: int = 8

    def __post_init__(self) -> None:
        checked_orientation(self.orientation, letters=(3,))
        if self.spacing is not None:
            check_sizes(axes=(3,), spacing=self.spacing)
        check_in("(0, 100]", percentile=self.percentile)
        check_sizes(axes=(2, 3), min_size=self.min_size)
        for size in self.min_size:
            check_integer(1, min_size=size)
        check_integer(0, margin=self.margin)
        for name in ("spacing", "min_size"):  # a configuration's lists become hashable
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None else tuple(value))

    def __call__(self, subject: tio.Subject) -> tio.Subject:
        """Preprocess a subject whose `image` holds scanner units.

        Args:
            subject: the subject.

        Returns:
            A new subject; its `image` is (1, rows, columns, slices) in [-1, 1], background exactly -1.

        Raises:
            ValueError: If the volume is smaller than `min_size`, or has no positive brain.
        """
        subject = self.geometry(subject)
        data = subject[IMAGE].data
        try:
            p = brain_percentile(data, self.percentile)
        except ValueError as error:
            raise ValueError(f"{error} in {subject[IMAGE].path}") from error
        subject[IMAGE].set_data(to_signed_range(data, p))
        return subject

    def geometry(self, subject: tio.Subject) -> tio.Subject:
        """Reorient, resample and crop to the brain, still in scanner units.

        The affine is kept up to date: `tio.Resample(path)` puts a result back onto the grid of the file.

        Args:
            subject: the subject.

        Returns:
            A new subject.

        Raises:
            ValueError: If the volume is smaller than `min_size`.
        """
        steps: list[tio.Transform] = [tio.ToOrientation(self.orientation)]
        if self.spacing is not None:
            steps.append(tio.Resample(self.spacing))
            check_spacing(self.spacing, subject.spatial_shape, subject[IMAGE].affine, subject[IMAGE].path)
        subject = tio.Compose(steps)(subject)
        sizes = tuple(subject.spatial_shape)
        needed = torchio_size(self.min_size)
        if any(size < least for size, least in zip(sizes, needed, strict=True)):
            raise ValueError(
                f"`min_size` (the patch, `image_size` in the bundle) must fit into the volume, "
                f"got {needed} (rows, columns, slices)"
                f" for {sizes} in {subject[IMAGE].path}"
            )
        return tio.Crop(_crop_around_brain(subject[IMAGE].data[0], needed, self.margin))(subject)


def torchio_size(size: Sequence[int]) -> tuple[int, ...]:
    """Put a patch size (rows, columns) or (slices, rows, columns) into TorchIO's order, slices last."""
    return (*size, 1) if len(size) == 2 else (*size[1:], size[0])


def _crop_around_brain(volume: Tensor, needed: Sequence[int], margin: int) -> tuple[int, ...]:
    # voxels to cut at the low and the high end of each axis: the brain's box, its margin and `needed` stay
    brain = volume != 0
    cut: list[int] = []
    for axis, least in enumerate(needed):
        size = volume.shape[axis]
        occupied = torch.nonzero(brain.amax(dim=[other for other in range(3) if other != axis]))
        first, last = (int(occupied[0]), int(occupied[-1]) + 1) if len(occupied) else (0, size)
        missing = max(0, least - (last - first) - 2 * margin)
        low = max(0, min(first - margin - missing // 2, size - least))
        high = min(size, max(last + margin + missing - missing // 2, low + least))
        cut += [low, size - high]
    return tuple(cut)
