"""Estimates of the blur between images and their reconstructions: least squares, and ring by ring."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from monai_blurvae.checks import check_at_least, check_integer
from monai_blurvae.functional.dtype import at_least_float32
from monai_blurvae.functional.fourier import (
    ImageSpectrum,
    check_odd,
    full_spectrum_sum,
    squared_modulus,
)
from monai_blurvae.functional.spectrum import frequency_radius
from monai_blurvae.shapes import Image, Kernel

SMALLEST_SHARE = 1e-12
"""Rings with less than this share of the images' power have no gain: K = 0."""

Rings = Float[Tensor, "rings"]
"""One number per ring of equal frequency, from zero frequency to the corner of the spectrum."""

RingBasis = Float[Tensor, "rings *half"]
"""One hat function per ring, on the half spectrum."""


def least_squares_kernel(x: Image, x_hat: Image, kernel_size: Sequence[int], ridge: float = 1e-3) -> Kernel:
    """Find the kernel k of each image that minimises || x (*) k - x_hat ||^2 inside the borders (equation 9).

    k = (P P^T + ridge mean(diag(P P^T)) I)^-1 P y. The columns of P are the neighbourhoods that lie inside
    the image, and y holds the pixels of x_hat in their middles; the channels' pixels are pooled. The mean of
    x is first subtracted from both images. Otherwise the ridge, which pulls the kernel's sum below 1, would
    bias the kernel.

    Args:
        x: images, (B, ch, *size).
        x_hat: reconstructions, (B, ch, *size).
        kernel_size: size of the kernel in pixels, odd, at most the images'.
        ridge: share of the mean diagonal that is added to it, positive.

    Returns:
        Kernels without gradient, (B, *kernel), for a convolution (not a correlation).

    Raises:
        ValueError: If a size is even or larger than the image, or the ridge is negative.

    Example:
        >>> x = torch.randn(2, 1, 32, 32)
        >>> k = least_squares_kernel(x, 0.5 * x, (3, 3))
        >>> torch.allclose(k[:, 1, 1], torch.tensor(0.5), atol=1e-2)
        True
    """
    check_odd(tuple(kernel_size), "kernel_size")
    check_at_least(0, ridge=ridge)
    size = tuple(x.shape[2:])
    if len(kernel_size) != len(size) or any(k > n for k, n in zip(kernel_size, size, strict=True)):
        raise ValueError(f"`kernel_size` must fit into an image of size {size}, got {tuple(kernel_size)}")
    x, x_hat = at_least_float32(x.detach()), at_least_float32(x_hat.detach())
    mean = x.mean(dim=tuple(range(2, x.ndim)), keepdim=True)
    windows, y = x - mean, x_hat - mean
    for axis, k in enumerate(kernel_size, start=2):
        windows = windows.unfold(axis, k, 1)
        y = y.narrow(axis, k // 2, y.shape[axis] - k + 1)
    with torch.autocast(x.device.type, enabled=False):
        P = windows.reshape(len(x), y[0].numel(), math.prod(kernel_size))
        gram = P.mT @ P
        diagonal = gram.diagonal(dim1=1, dim2=2)
        strength = ridge * diagonal.mean(dim=1).clamp_min(torch.finfo(x.dtype).tiny)
        diagonal.add_(strength[:, None])
        k = torch.linalg.solve(gram, P.mT @ y.reshape(len(x), -1, 1))
    # the columns of P correlate: the flipped kernel convolves
    kernel: Tensor = k.reshape(len(x), *kernel_size).flip(dims=tuple(range(1, 1 + len(size))))
    return kernel


def taper_spectrum(X: ImageSpectrum, last_size: int) -> ImageSpectrum:
    """Remove an image's mean and multiply it by a periodic Hann window along every axis, given its spectrum.

    The window 1/2 - 1/2 cos(2 pi n / N) is a convolution of the spectrum with [-1/4, 1/2, -1/4]. It is exact
    and cheaper than another transform. The window removes the jump between opposite borders, which is not
    part of the image's detail.

    Args:
        X: half spectra, (B, ch, *half), zero frequency first.
        last_size: last spatial size of the image in pixels.

    Returns:
        Half spectra of the tapered images, (B, ch, *half).

    Example:
        >>> image = torch.rand(1, 1, 6, 4)
        >>> window = torch.hann_window(6)[:, None] * torch.hann_window(4)
        >>> wanted = torch.fft.rfft2((image - image.mean()) * window)
        >>> torch.allclose(taper_spectrum(torch.fft.rfft2(image), 4), wanted, atol=1e-6)
        True
    """
    axes = tuple(range(2, X.ndim))
    X = X.clone(memory_format=torch.contiguous_format)
    X.flatten(2)[..., 0] = 0  # a view: X is a copy
    for axis in axes[:-1]:
        X = X / 2 - (X.roll(1, axis) + X.roll(-1, axis)) / 4
    # beyond its ends the half spectrum goes on with its own mirror image
    before = _mirrored(X.narrow(-1, min(1, X.shape[-1] - 1), 1), axes[:-1])
    after = _mirrored(X.narrow(-1, max((last_size - 1) // 2, 0), 1), axes[:-1])
    left = torch.cat([before, X[..., :-1]], dim=-1)
    right = torch.cat([X[..., 1:], after], dim=-1)
    return X / 2 - (left + right) / 4


def _mirrored(X: Tensor, axes: tuple[int, ...]) -> Tensor:
    """Conjugate at the negative frequency of the given axes."""
    return X.conj() if not axes else X.conj().flip(axes).roll((1,) * len(axes), axes)


def ring_basis(
    size: Sequence[int],
    rings: int,
    spacing: Sequence[float] | None = None,
    device: torch.device | None = None,
) -> RingBasis:
    """Give hat functions of the frequency that sum to 1: rings that interpolate linearly.

    The rings are equally spaced from zero frequency to the corner of the spectrum, at half a cycle per pixel
    (or voxel edge) along every axis. Their frequencies do not depend on the image's size.

    Args:
        size: spatial size of the image in pixels.
        rings: number of rings, at least 2.
        spacing: pixel size in mm along every axis; None: radii are in cycles per pixel.
        device: device of the result.

    Returns:
        Hat functions on the half spectrum, (rings, *half), zero frequency first.

    Raises:
        ValueError: If there are fewer than 2 rings, or the spacing is that of another number of axes.

    Example:
        >>> ring_basis((4,), rings=3)  # frequencies 0, 1/4 and 1/2
        tensor([[1., 0., 0.],
                [0., 1., 0.],
                [0., 0., 1.]])
    """
    check_integer(2, rings=rings)
    edges = (1.0,) * len(size) if spacing is None else tuple(spacing)
    if len(edges) != len(size):
        raise ValueError(f"`spacing` must have one number per axis of {tuple(size)}, got {edges}")
    corner = math.sqrt(sum((0.5 / edge) ** 2 for edge in edges))
    position = frequency_radius(size, device, spacing) / corner * (rings - 1)
    index = torch.arange(rings, device=device).view(-1, *(1,) * len(size))
    return (1 - (position - index).abs()).clamp_min(0)


def ring_sums(
    X: ImageSpectrum, X_hat: ImageSpectrum, basis: RingBasis, size: Sequence[int]
) -> tuple[Rings, Rings]:
    """Sum Re(X_hat conj(X)) and abs(X)^2 over each ring, the batch and the channels.

    Args:
        X: half spectra of the images, (B, ch, *half).
        X_hat: half spectra of the reconstructions, (B, ch, *half).
        basis: hat functions of `ring_basis`, (rings, *half).
        size: spatial size of the images in pixels.

    Returns:
        Numerator and denominator of the least-squares gain from image to reconstruction, each (rings,).

    Example:
        >>> X = torch.fft.rfft2(torch.rand(2, 1, 4, 4))
        >>> numerator, denominator = ring_sums(X, 0.5 * X, ring_basis((4, 4), 3), (4, 4))
        >>> torch.allclose(numerator, 0.5 * denominator)
        True
    """
    cross = (X_hat.real * X.real + X_hat.imag * X.imag).sum(dim=(0, 1))
    power = squared_modulus(X).sum(dim=(0, 1))
    return full_spectrum_sum(basis * cross, size), full_spectrum_sum(basis * power, size)


def ring_gain(numerator: Rings, denominator: Rings) -> Rings:
    """Divide the sums of `ring_sums`: the modulation transfer function from image to reconstruction.

    In ring 0 there is no mean to compare: it was removed, and only a residue of the taper is left. So ring 0
    takes the value of the first ring after it that has power. The same holds for rings below the first
    frequency of a small image.

    Args:
        numerator: sums of Re(X_hat conj(X)), (rings,).
        denominator: sums of abs(X)^2, (rings,).

    Returns:
        K of each ring in [0, 1]; 0 where the images have no power.

    Example:
        >>> ring_gain(torch.tensor([9.0, 1.0, 5.0]), torch.tensor([1.0, 2.0, 0.0]))
        tensor([0.5000, 0.5000, 0.0000])
    """
    empty = denominator <= SMALLEST_SHARE * denominator.sum()
    gain = (numerator / denominator.masked_fill(empty, 1)).clamp(0, 1).masked_fill(empty, 0)
    first = 1 + (~empty[1:]).int().argmax()  # as a tensor: its value is never waited for
    index = torch.arange(len(gain), device=gain.device)
    return torch.where(index < first, gain.index_select(0, first[None]), gain)
