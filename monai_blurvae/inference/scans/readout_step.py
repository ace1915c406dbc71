"""The step that crops the field of view along the readout, and which axis that is."""

from dataclasses import replace

from torch import Tensor

from monai_blurvae.inference.scans.acquisition import Acquisition
from monai_blurvae.mri import remove_readout_oversampling


class RemoveOversampling:
    """Crop the field of view along the readout to its middle.

    Args:
        size: pixels to keep along the readout; None: all.
        phase_encoding_axis: axis of k-space along which lines vary, -1 (columns) or -2 (rows); the other one
            is the readout.

    Raises:
        ValueError: If the axis is another.
    """

    def __init__(self, size: int | None = None, phase_encoding_axis: int = -1) -> None:
        self.size = size
        self.axis = checked_axis(phase_encoding_axis)

    def __call__(self, acquisition: Acquisition) -> Acquisition:
        """Crop a slice.

        Args:
            acquisition: the slice, sampled in whole lines.

        Returns:
            The slice with fewer samples along the readout.
        """
        if self.size is None:
            return acquisition
        kspace = remove_readout_oversampling(lines_last(acquisition.kspace, self.axis), self.size)
        lines = lines_last(acquisition.mask, self.axis).any(dim=-2, keepdim=True)
        mask = lines.expand(-1, -1, self.size, -1)
        return replace(acquisition, kspace=lines_last(kspace, self.axis), mask=lines_last(mask, self.axis))


def checked_axis(phase_encoding_axis: int) -> int:
    """Refuse what is no axis of an image.

    Args:
        phase_encoding_axis: -1 or -2.

    Returns:
        The same.

    Raises:
        ValueError: If it is another.
    """
    if phase_encoding_axis not in (-1, -2):
        raise ValueError(
            "`phase_encoding_axis` must be -1 (lines vary along columns) or -2 (along rows), got "
            f"{phase_encoding_axis}"
        )
    return phase_encoding_axis


def lines_last(values: Tensor, axis: int) -> Tensor:
    """Lay the axis along which lines vary last, and back.

    Args:
        values: (..., H, W).
        axis: -1 or -2.

    Returns:
        The values, transposed for -2.
    """
    return values if axis == -1 else values.transpose(-2, -1)
