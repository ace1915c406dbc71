"""The blur model: x_hat = x (*) k, a circular convolution."""

from collections.abc import Sequence

import torch
from torch import Tensor

from monai_blurvae.functional.fourier import (
    ImageSpectrum,
    KernelSpectrum,
    full_spectrum_sum,
    half_spectrum,
    squared_modulus,
    transfer_function,
)
from monai_blurvae.shapes import Image, Kernel, PerImage


def circular_blur(image: Image, kernel: Kernel) -> Image:
    """Blur every channel of an image with the image's kernel: x (*) k = F^-1(F(x) K).

    A convolution, not the correlation that torch calls one: the kernel is flipped as it slides.

    Args:
        image: images x, (B, ch, *size).
        kernel: kernel k of each image, (B, *kernel), odd sizes up to the image's.

    Returns:
        Blurred images, of the images' shape, float32 (float64 for float64).

    Example:
        >>> image, delta = torch.rand(2, 1, 6, 5), torch.zeros(2, 3, 3)
        >>> delta[:, 1, 1] = 1
        >>> torch.allclose(circular_blur(image, delta), image, atol=1e-6)
        True
    """
    size = image.shape[2:]
    blurred = half_spectrum(image, len(size)) * transfer_function(kernel, size)[:, None]
    image_again: Tensor = torch.fft.irfftn(blurred, s=size, dim=tuple(range(-len(size), 0)))
    return image_again


def spectral_blur_error(
    X: ImageSpectrum,
    X_hat: ImageSpectrum,
    K: KernelSpectrum,
    size: Sequence[int],
) -> PerImage:
    """Measure how far a kernel is from explaining the blur: sum of abs(X K - X_hat)^2 / N (equation 12).

    By Parseval this is the squared distance of x (*) k to x_hat, without an inverse transform.

    Args:
        X: half spectra F(x) of the images, (B, ch, *half).
        X_hat: half spectra F(x_hat) of the reconstructions, (B, ch, *half).
        K: transfer functions of the kernels, (B, *half).
        size: spatial size of the images in pixels, N = prod(size).

    Returns:
        Squared error summed over channels and pixels, (B,).

    Example:
        >>> X, K = torch.randn(2, 1, 4, 3, dtype=torch.complex64), torch.randn(2, 4, 3, dtype=torch.complex64)
        >>> spectral_blur_error(X, X * K[:, None], K, (4, 4))
        tensor([0., 0.])
    """
    error = squared_modulus(X * K[:, None] - X_hat).sum(dim=1)
    return full_spectrum_sum(error, size) / torch.Size(size).numel()


def valid_blur_error(
    X: ImageSpectrum, x_hat: Image, K: KernelSpectrum, kernel_size: Sequence[int]
) -> PerImage:
    """Measure the blur error away from the borders, where the circular convolution does not wrap around.

    Patches are not periodic. Over the whole image, a wide kernel's error at the borders outweighs the error
    inside, and the kernel that minimises it is a cross along the axes. It takes one inverse transform.

    Args:
        X: half spectra F(x) of the images, (B, ch, *half).
        x_hat: reconstructions, (B, ch, *size).
        K: transfer functions of the kernels, (B, *half).
        kernel_size: the kernels' size in pixels; half of it is left out at every border.

    Returns:
        Squared error summed over channels and the pixels that no wrapped pixel reaches, (B,).

    Raises:
        ValueError: If the kernel leaves no such pixel.

    Example:
        >>> x, k = torch.rand(2, 1, 6, 6), torch.rand(2, 3, 3)
        >>> X, K = half_spectrum(x, 2), transfer_function(k, (6, 6))
        >>> bool((valid_blur_error(X, circular_blur(x, k), K, (3, 3)) < 1e-9).all())
        True
    """
    size = x_hat.shape[2:]
    if any(kernel_edge > edge for kernel_edge, edge in zip(kernel_size, size, strict=True)):
        raise ValueError(
            f"`kernel_size` must not exceed the image size {tuple(size)}, got {tuple(kernel_size)}"
        )
    blurred: Tensor = torch.fft.irfftn(X * K[:, None], s=size, dim=tuple(range(-len(size), 0)))
    error = blurred - x_hat
    for axis, (kernel_edge, edge) in enumerate(zip(kernel_size, size, strict=True), start=2):
        error = error.narrow(axis, kernel_edge // 2, edge - 2 * (kernel_edge // 2))
    return error.square().flatten(1).sum(dim=1)


def blur_error(x: Image, x_hat: Image, kernel: Kernel) -> PerImage:
    """Measure || x (*) k - x_hat ||^2, what the kernel network minimises (equation 12).

    Args:
        x: images, (B, ch, *size).
        x_hat: reconstructions, (B, ch, *size).
        kernel: kernel k of each image, (B, *kernel), odd sizes up to the image's.

    Returns:
        Squared error summed over channels and pixels, (B,).

    Example:
        >>> x, k = torch.rand(2, 1, 6, 6), torch.rand(2, 3, 3)
        >>> bool((blur_error(x, circular_blur(x, k), k) < 1e-9).all())
        True
    """
    size = x.shape[2:]
    X, X_hat = half_spectrum(x, len(size)), half_spectrum(x_hat, len(size))
    return spectral_blur_error(X, X_hat, transfer_function(kernel, size), size)
