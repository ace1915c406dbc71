"""The centred orthonormal Fourier transform between images and k-space, and crops about the centre."""

from collections.abc import Callable

import torch
from jaxtyping import Complex
from torch import Tensor

SPATIAL = (-2, -1)
"""The axes that are transformed: readout (H), phase encoding (W)."""

READOUT = -2
"""The axis that is read out, H: k-space is sampled in whole columns."""


def image_to_kspace(x: Complex[Tensor, "*batch H W"]) -> Complex[Tensor, "*batch H W"]:
    """Compute the k-space of images: F x, with zero frequency at (H // 2, W // 2).

    The transform is unitary: it keeps norms, inner products, and the variance of white noise.

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
    """Compute the images of k-space: F^H y, the inverse of `image_to_kspace`.

    Args:
        y: k-space, (..., H, W), zero frequency at (H // 2, W // 2).

    Returns:
        Complex images, (..., H, W), their centre at (H // 2, W // 2).

    Example:
        >>> x = torch.randn(5, 4, dtype=torch.complex64)
        >>> bool(torch.allclose(kspace_to_image(image_to_kspace(x)), x, atol=1e-6))
        True
    """
    return _transformed(torch.fft.ifftn, y, SPATIAL)


def centre(side: int, kept: int) -> slice:
    """Find the middle of an axis: `kept` of `side` samples, whose centre stays the centre.

    Args:
        side: number of samples, its centre at side // 2.
        kept: number of samples to keep; all where there are fewer.

    Returns:
        Which samples.

    Example:
        >>> centre(8, 4), centre(7, 4), centre(3, 4)
        (slice(2, 6, None), slice(1, 5, None), slice(0, 3, None))
    """
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

    Example:
        >>> y = torch.ones(1, 1, 8, 3, dtype=torch.complex64)  # a point in the middle of the image
        >>> remove_readout_oversampling(y, 4).abs().unique()
        tensor([1.4142])
    """
    rows = y.shape[READOUT]
    if not 1 <= size <= rows:
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
    corner = transform(torch.fft.ifftshift(values, dim=axes), dim=axes, norm="ortho")
    centred: Tensor = torch.fft.fftshift(corner, dim=axes)
    return centred
