"""The centred orthonormal Fourier transform between images and k-space, and crops about the centre."""

from collections.abc import Callable

import torch
from jaxtyping import Complex
from torch import Tensor

from monai_blurvae.checks import check_integer

SPATIAL = (-2, -1)
"""The axes that are transformed: readout (H), phase encoding (W)."""

READOUT = -2
"""The axis that is read out, H: k-space is sampled in whole columns."""


def image_to_kspace(x: Complex[Tensor, "*batch H W"]) -> Complex[Tensor, "*batch H W"]:
    """Compute the k-space of images: F x, unitary, with zero frequency at (H // 2, W // 2).

    Args:
        x: complex images, (..., H, W), their centre at (H // 2, W // 2).

    Returns:
        K-space, (..., H, W).

    Example:
        >>> image_to_kspace(torch.ones(2, 2, dtype=torch.complex64)).real  # zero frequency at (1, 1)
        tensor([[0., 0.],
                [0., 2.]])
    """
    return _transformed(torch.fft.fftn, x, SPATIAL)


def kspace_to_image(y: Complex[Tensor, "*batch H W"]) -> Complex[Tensor, "*batch H W"]:
    """Compute the images of k-space: F^H y, the inverse of `image_to_kspace`, (..., H, W)."""
    return _transformed(torch.fft.ifftn, y, SPATIAL)


def centre(side: int, kept: int) -> slice:
    """Find the middle `kept` of the `side` samples of an axis, about side // 2; all where there are fewer."""
    kept = min(kept, side)
    first = side // 2 - kept // 2
    return slice(first, first + kept)


def remove_readout_oversampling(y: Tensor, size: int) -> Tensor:
    """Crop the field of view along the readout to its middle: fewer samples of k-space, wider apart.

    Scanners measure a larger field of view along the readout. The image's middle keeps its values, and white
    noise its variance.

    Args:
        y: complex k-space, (B, coils, H, W), each column either read out or not.
        size: rows to keep, at most H.

    Returns:
        K-space, (B, coils, size, W).

    Raises:
        ValueError: If the size is out of range, or some columns are partly sampled (H is then no readout).
    """
    rows = y.shape[READOUT]
    check_integer(1, size=size)
    if size > rows:
        raise ValueError(f"`size` must be from 1 to the rows of `y`, {rows}, got {size}")
    if size == rows:
        return y
    sampled = (y != 0).any(dim=1)
    columns = sampled.any(dim=READOUT, keepdim=True)
    whole = sampled.any(dim=-1, keepdim=True) & columns
    if not torch.equal(sampled, whole):
        partly = (sampled != whole).any(dim=READOUT)
        raise ValueError(
            f"`y` must be sampled in whole columns, or its rows are no readout, got {int(partly.sum())} of "
            f"{int(columns.sum())} sampled in part"
        )
    hybrid = _transformed(torch.fft.ifftn, y, (READOUT,))[..., centre(rows, size), :]
    return _transformed(torch.fft.fftn, hybrid, (READOUT,))


def _transformed(transform: Callable[..., Tensor], values: Tensor, axes: tuple[int, ...]) -> Tensor:
    # centre to the corner, orthonormal transform, and back
    if values.numel() == 0:
        raise ValueError(f"`x` or `y` must hold at least one image, got shape {tuple(values.shape)}")
    corner = transform(torch.fft.ifftshift(values, dim=axes), dim=axes, norm="ortho")
    centred: Tensor = torch.fft.fftshift(corner, dim=axes)
    return centred
