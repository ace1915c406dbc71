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
        kernel: one kernel k an image, (B, *kernel), odd sizes up to the image's.

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

    By Parseval this is the squared distance of x (*) k to x_hat, at no inverse transform.

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


def blur_error(x: Image, x_hat: Image, kernel: Kernel) -> PerImage:
    """Measure || x (*) k - x_hat ||^2, what the kernel network minimises (equation 12).

    Args:
        x: images, (B, ch, *size).
        x_hat: reconstructions, (B, ch, *size).
        kernel: one kernel k an image, (B, *kernel), odd sizes up to the image's.

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
