"""Gaussians with a circulant precision: what follows from its eigenvalues abs(w)^2 on the half spectrum."""

from collections.abc import Sequence

import torch
from torch import Tensor

from monai_blurvae.functional.fourier import ImageSpectrum, Weights, full_spectrum_sum, squared_modulus
from monai_blurvae.shapes import Image, PerImage


def spectral_weighted_error(E: ImageSpectrum, power: Weights, size: Sequence[int]) -> PerImage:
    """Sum an error's power under weights: q = sum of abs(w)^2 abs(E)^2 / N (equation 8).

    Args:
        E: half spectra of the errors, F(x - x_hat) = F(x) - F(x_hat), (B, ch, *half).
        power: weights abs(w)^2, (B or 1, *half), shared by the channels.
        size: spatial size of the images in pixels, N = prod(size).

    Returns:
        q, summed over channels and frequencies, (B,).

    Example:
        >>> from monai_blurvae.functional.fourier import half_spectrum
        >>> error = torch.randn(3, 2, 5, 4)
        >>> q = spectral_weighted_error(half_spectrum(error, 2), torch.ones(3, 5, 3), (5, 4))
        >>> torch.allclose(q, error.square().sum(dim=(1, 2, 3)))  # Parseval
        True
    """
    return full_spectrum_sum(squared_modulus(E).sum(dim=1) * power, size) / torch.Size(size).numel()


def exact_half_log_determinant(power: Weights, size: Sequence[int], channels: int) -> PerImage:
    """Compute 1/2 log det Sigma = - ch * sum over frequencies of log abs(w).

    Args:
        power: weights abs(w)^2, positive, (B or 1, *half).
        size: spatial size of the images in pixels.
        channels: number of channels, which share the weights.

    Returns:
        1/2 log det Sigma in nats, (B or 1,).

    Example:
        >>> exact_half_log_determinant(torch.exp(torch.full((1, 2), -2.0)), (2,), channels=1)
        tensor([2.])
    """
    return -0.5 * channels * full_spectrum_sum(power.log(), size)


def circulant_filter(image: Image, transfer: Weights) -> Image:
    """Multiply an image by a circulant matrix with real eigenvalues: F^-1(transfer F(image)).

    With transfer = abs(w)^2 this applies the precision. With transfer = abs(w) it whitens a residual, or it
    turns white noise into noise whose covariance is the precision.

    Args:
        image: images, (B, ch, *size).
        transfer: eigenvalues on the half spectrum, (B or 1, *half).

    Returns:
        Images, (B, ch, *size).

    Example:
        >>> circulant_filter(torch.ones(1, 1, 1, 2), torch.full((1, 1, 2), 3.0))
        tensor([[[[3., 3.]]]])
    """
    axes = tuple(range(2, image.ndim))
    with torch.autocast(image.device.type, enabled=False):
        spectrum = torch.fft.rfftn(image, dim=axes) * transfer[:, None]
        filtered: Tensor = torch.fft.irfftn(spectrum, s=image.shape[2:], dim=axes)
    return filtered


def whitened_error(E: ImageSpectrum, power: Weights, size: Sequence[int]) -> Image:
    """Filter an error by abs(w), the symmetric square root of the precision: r = F^-1(abs(w) E).

    The squares of r sum to q of `spectral_weighted_error` (Parseval). If the error has covariance Sigma, then
    r is white noise.

    Args:
        E: half spectra of the errors, F(x - x_hat), (B, ch, *half).
        power: weights abs(w)^2, (B or 1, *half), shared by the channels.
        size: spatial size of the images in pixels.

    Returns:
        r, (B, ch, *size).

    Example:
        >>> from monai_blurvae.functional.fourier import half_spectrum
        >>> error = torch.randn(3, 2, 5, 4)
        >>> r = whitened_error(half_spectrum(error, 2), torch.full((3, 5, 3), 4.0), (5, 4))
        >>> torch.allclose(r, 2 * error, atol=1e-6)
        True
    """
    filtered: Tensor = E * power.sqrt()[:, None]
    with torch.autocast(E.device.type, enabled=False):
        r: Tensor = torch.fft.irfftn(filtered, s=tuple(size), dim=tuple(range(2, E.ndim)))
    return r
