"""Steps that decide which samples of a slice's k-space a reconstruction sees."""

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from monai_blurvae.files import did_you_mean
from monai_blurvae.inference.scans.acquisition import Acquisition
from monai_blurvae.inference.scans.arrays import of_slice, read_array
from monai_blurvae.inference.scans.readout_step import checked_axis, lines_last
from monai_blurvae.mri import hold_back, uniform_lines, variable_density_lines
from monai_blurvae.mri.calibration import calibration_width
from monai_blurvae.mri.mri_extra import from_mri_extra

MASK_TYPES = ("variable_density", "uniform", "poisson")
"""Lines, the likelier the nearer to the centre; lines, all equally likely; points of a Poisson disc."""


class ApplyMask:
    """State which samples were measured, or which of them a reconstruction sees.

    Args:
        path: .npy file of 0 and 1, (H, W), (slices, H, W), or (W,) for lines; None: those that are not zero.
        phase_encoding_axis: axis along which lines vary.
    """

    def __init__(self, path: str | Path | None = None, phase_encoding_axis: int = -1) -> None:
        self.mask = (
            None if path is None else read_array(path, "mask", "0 and 1, (H, W), (slices, H, W) or (W,)")
        )
        self.axis = checked_axis(phase_encoding_axis)

    def __call__(self, acquisition: Acquisition) -> Acquisition:
        """Mask a slice.

        Args:
            acquisition: the slice.

        Returns:
            The slice, its mask as stated.

        Raises:
            ValueError: If the mask is of another size, holds other values, or samples nothing.
        """
        if self.mask is None:
            return acquisition
        if self.mask.ndim not in (1, 2, 3) or self.mask.is_complex():
            raise ValueError(
                f"`mask` must be real, (H, W), (slices, H, W) or (W,), got {self.mask.dtype} of shape "
                f"{tuple(self.mask.shape)}"
            )
        size = acquisition.kspace.shape[-2:]
        mask = self.mask
        if mask.ndim == 1:
            mask = lines_last(mask.expand(lines_last(acquisition.mask, self.axis).shape[-2], -1), self.axis)
        elif mask.ndim == 3:
            mask = of_slice(mask, acquisition.number, acquisition.count, "mask")
        if mask.shape != size:
            raise ValueError(f"`mask` must have the size of `kspace`, {tuple(size)}, got {tuple(mask.shape)}")
        if not bool(((mask == 0) | (mask == 1)).all()):
            raise ValueError(f"`mask` must hold 0 and 1 alone, got values from {mask.min()} to {mask.max()}")
        return seen(acquisition, (mask == 1)[None, None])


class Undersample:
    """Leave out samples of k-space that was measured more fully, to try a reconstruction.

    Args:
        acceleration: frequencies for one that is kept, at least 1; None: all are kept.
        mask_type: "variable_density" or "uniform" for lines, "poisson" for points.
        centre: lines about zero frequency that are kept; the edge of a square for points.
        seed: seed of the drawing, the same for every slice.
        phase_encoding_axis: axis along which lines vary.

    Raises:
        ValueError: If the type of mask is unknown.
    """

    def __init__(
        self,
        acceleration: float | None = None,
        mask_type: str = "variable_density",
        centre: int = 16,
        seed: int = 0,
        phase_encoding_axis: int = -1,
    ) -> None:
        if mask_type not in MASK_TYPES:
            raise ValueError(
                f"`mask_type` must be one of {', '.join(MASK_TYPES)}, got {mask_type!r}"
                f"{did_you_mean(mask_type, MASK_TYPES)}"
            )
        self.acceleration = acceleration
        self.mask_type = mask_type
        self.centre = centre
        self.seed = seed
        self.axis = checked_axis(phase_encoding_axis)

    def __call__(self, acquisition: Acquisition) -> Acquisition:
        """Undersample a slice.

        Args:
            acquisition: the slice.

        Returns:
            The slice with what is drawn of its samples.
        """
        if self.acceleration is None:
            return acquisition
        height, width = lines_last(acquisition.mask, self.axis).shape[-2:]
        if self.mask_type == "poisson":
            draw = from_mri_extra("poisson_disc", "poisson_disc")
        else:
            draw = uniform_lines if self.mask_type == "uniform" else variable_density_lines
        mask = draw((height, width), self.acceleration, self.centre, self.seed)
        return seen(acquisition, acquisition.mask & lines_last(mask, self.axis))


class HoldBack:
    """Keep a share of the samples from the reconstruction, to judge it by them.

    Args:
        share: share of the samples outside of the fully sampled centre, at least 0 and below 1; 0: none.
        seed: seed of the drawing.
    """

    def __init__(self, share: float = 0.0, seed: int = 0) -> None:
        self.share = share
        self.seed = seed

    def __call__(self, acquisition: Acquisition) -> Acquisition:
        """Divide a slice's samples.

        Args:
            acquisition: the slice.

        Returns:
            The slice, its mask without what is held back.
        """
        if self.share == 0:
            return acquisition
        centre = calibration_width(acquisition.mask)
        visible, held = hold_back(acquisition.mask, self.share, centre, self.seed)
        return replace(acquisition, mask=visible, held_back=held)


def seen(acquisition: Acquisition, mask: Tensor) -> Acquisition:
    """Limit a slice to a mask.

    Args:
        acquisition: the slice.
        mask: bool (1, 1, H, W).

    Returns:
        The slice, zero outside of the mask.

    Raises:
        ValueError: If nothing is sampled.
    """
    if not bool(torch.any(mask)):
        raise ValueError(f"`mask` must sample something of slice {acquisition.number}, got all zero")
    return replace(acquisition, kspace=acquisition.kspace * mask, mask=mask)
