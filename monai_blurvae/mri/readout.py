"""Readout oversampling: the field of view that a scanner doubles along the readout, and its removal."""

import torch
from torch import Tensor

READOUT = -2
"""The axis that is read out, H: whole columns of k-space are sampled."""


def remove_readout_oversampling(y: Tensor, size: int) -> Tensor:
    """Crop the field of view along the readout to its middle, in k-space: fewer, wider-spaced samples.

    The image's middle keeps its values, and white noise its variance.

    Args:
        y: complex k-space, (B, coils, H, W), each column either read out or not.
        size: rows to keep, at most H.

    Returns:
        K-space, (B, coils, size, W).

    Raises:
        ValueError: If the size is out of range, or columns are sampled in part (H is then no readout).

    Example:
        >>> y = torch.ones(1, 1, 8, 3, dtype=torch.complex64)  # a point in the middle of the image
        >>> remove_readout_oversampling(y, 4).abs().unique()
        tensor([1.4142])
    """
    if not 1 <= size <= y.shape[READOUT]:
        raise ValueError(f"`size` must be from 1 to the rows of `y`, {y.shape[READOUT]}, got {size}")
    if size == y.shape[READOUT]:
        return y
    sampled = (y != 0).any(dim=1)
    rows, columns = sampled.any(dim=-1, keepdim=True), sampled.any(dim=READOUT, keepdim=True)
    if not torch.equal(sampled, rows & columns):
        partly = (sampled != (rows & columns)).any(dim=READOUT)
        raise ValueError(
            f"`y` must be sampled in whole columns, or its rows are no readout, got {int(partly.sum())} of "
            f"{int(columns.sum())} sampled in part"
        )
    start = y.shape[READOUT] // 2 - size // 2
    hybrid = torch.fft.ifft(torch.fft.ifftshift(y, dim=READOUT), dim=READOUT, norm="ortho")
    hybrid = torch.fft.fftshift(hybrid, dim=READOUT).narrow(READOUT, start, size)
    kspace = torch.fft.fft(torch.fft.ifftshift(hybrid, dim=READOUT), dim=READOUT, norm="ortho")
    cropped: Tensor = torch.fft.fftshift(kspace, dim=READOUT)
    return cropped
