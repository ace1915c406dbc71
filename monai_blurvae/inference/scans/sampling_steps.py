"""Steps that choose the samples of k-space that a reconstruction sees."""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from torch import Tensor
from typing_extensions import override

from monai_blurvae.checks import check_at_least, check_in, check_integer
from monai_blurvae.files import check_known
from monai_blurvae.inference.scans.acquisition import Acquisition, Step
from monai_blurvae.inference.scans.slice_files import of_slice, read_array
from monai_blurvae.mri import (
    hold_back,
    poisson_disc,
    remove_readout_oversampling,
    uniform_lines,
    variable_density_lines,
)
from monai_blurvae.mri.masks import calibration_width

_log = logging.getLogger(__name__)

MASKS: dict[str, Callable[[tuple[int, int], float, int, int], Tensor]] = {
    "variable_density": variable_density_lines,
    "uniform": uniform_lines,
    "poisson": poisson_disc,
}
"""Lines, more of them near the centre; lines, all equally likely; points of a Poisson disc."""


class LineStep(Step):
    """A step that knows along which axis lines vary.

    Args:
        phase_encoding_axis: axis of k-space along which lines vary, -1 (columns) or -2 (rows); the other one
            is the readout.

    Raises:
        ValueError: If the axis is another.
    """

    def __init__(self, phase_encoding_axis: int) -> None:
        if phase_encoding_axis not in (-1, -2):
            raise ValueError(
                "`phase_encoding_axis` must be -1 (lines vary along columns) or -2 (along rows), got "
                f"{phase_encoding_axis}"
            )
        self.axis = phase_encoding_axis

    def lines_last(self, values: Tensor) -> Tensor:
        """Put the axis along which lines vary last, and back: transpose (..., H, W) for -2."""
        return values if self.axis == -1 else values.transpose(-2, -1)


class ApplyMask(LineStep):
    """State which samples were measured, or which of them a reconstruction sees.

    Args:
        path: .npy file of 0 and 1, (H, W), (slices, H, W), or (W,) for lines; None: those that are not zero.
        phase_encoding_axis: as for `LineStep`.
    """

    def __init__(self, path: str | Path | None = None, phase_encoding_axis: int = -1) -> None:
        super().__init__(phase_encoding_axis)
        content = "0 and 1, (H, W), (slices, H, W) or (W,)"
        self.mask = None if path is None else read_array(path, "mask", content)

    @override
    def __call__(self, acquisition: Acquisition) -> Acquisition:
        if self.mask is None:
            return acquisition
        mask = self.mask
        if mask.ndim not in (1, 2, 3) or mask.is_complex():
            raise ValueError(
                f"`mask` must be real, (H, W), (slices, H, W) or (W,), got {mask.dtype} of shape "
                f"{tuple(mask.shape)}"
            )
        size = acquisition.kspace.shape[-2:]
        if mask.ndim == 1:
            mask = self.lines_last(mask.expand(self.lines_last(acquisition.mask).shape[-2], -1))
        elif mask.ndim == 3:
            mask = of_slice(mask, acquisition.number, acquisition.count, "mask")
        if mask.shape != size:
            raise ValueError(f"`mask` must have the size of `kspace`, {tuple(size)}, got {tuple(mask.shape)}")
        if not bool(((mask == 0) | (mask == 1)).all()):
            raise ValueError(f"`mask` must hold only 0 and 1, got values from {mask.min()} to {mask.max()}")
        return _masked(acquisition, (mask == 1)[None, None])


class RemoveOversampling(LineStep):
    """Crop the field of view along the readout to its middle.

    Args:
        size: pixels to keep along the readout; None: all.
        phase_encoding_axis: as for `LineStep`.
    """

    def __init__(self, size: int | None = None, phase_encoding_axis: int = -1) -> None:
        super().__init__(phase_encoding_axis)
        if size is not None:
            check_integer(1, readout_size=size)
        self.size = size

    @override
    def __call__(self, acquisition: Acquisition) -> Acquisition:
        if self.size is None:
            return acquisition
        kspace = self.lines_last(acquisition.kspace)
        if self.size > kspace.shape[-2]:
            raise ValueError(
                f"`readout_size` must be from 1 to the readout's {kspace.shape[-2]}, got {self.size}"
            )
        kspace = remove_readout_oversampling(kspace, self.size)
        lines = self.lines_last(acquisition.mask).any(dim=-2, keepdim=True)
        mask = self.lines_last(lines.expand(-1, -1, self.size, -1))
        return replace(acquisition, kspace=self.lines_last(kspace), mask=mask)


class Undersample(LineStep):
    """Leave out samples of k-space that was measured more fully, to try a reconstruction.

    Args:
        acceleration: number of frequencies per one that is kept, at least 1; None: all are kept.
        mask_type: "variable_density" or "uniform" for lines, "poisson" for points.
        centre: number of lines about zero frequency that are kept; for points, the edge of a square.
        seed: seed of the drawing, the same for every slice.
        phase_encoding_axis: as for `LineStep`.

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
        super().__init__(phase_encoding_axis)
        check_known("mask_type", mask_type, MASKS)
        if acceleration is not None:
            check_at_least(1, acceleration=acceleration)
        self.acceleration = acceleration
        self.draw = MASKS[mask_type]
        self.centre = centre
        self._said = False
        self.seed = seed

    @override
    def __call__(self, acquisition: Acquisition) -> Acquisition:
        if self.acceleration is None:
            return acquisition
        if not self._said and not bool(acquisition.mask.all()):
            self._said = True
            share = 100 * float(acquisition.mask.float().mean())
            _log.warning("`kspace` has %.0f %% of its samples, and `acceleration` leaves out more", share)
        height, width = self.lines_last(acquisition.mask).shape[-2:]
        mask = self.draw((height, width), self.acceleration, self.centre, self.seed)
        return _masked(acquisition, acquisition.mask & self.lines_last(mask))


class HoldBack(Step):
    """Hold a share of the samples back from the reconstruction, to judge it by them.

    Args:
        share: share of the samples outside of the fully sampled centre, at least 0 and below 1; 0: none.
        seed: seed of the drawing.
    """

    def __init__(self, share: float = 0.0, seed: int = 0) -> None:
        check_in("[0, 1)", hold_back=share)
        self.share = share
        self.seed = seed

    @override
    def __call__(self, acquisition: Acquisition) -> Acquisition:
        if self.share == 0:
            return acquisition
        centre = calibration_width(acquisition.mask)
        visible, held = hold_back(acquisition.mask, self.share, centre, self.seed)
        return replace(acquisition, mask=visible, held_back=held)


def _masked(acquisition: Acquisition, mask: Tensor) -> Acquisition:
    if not bool(mask.any()):
        raise ValueError(f"`mask` must sample something of slice {acquisition.number}, got all zero")
    return replace(acquisition, kspace=acquisition.kspace * mask, mask=mask)
