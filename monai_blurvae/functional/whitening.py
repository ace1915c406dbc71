"""An error filtered so that its squares add up to the weighted error."""

from collections.abc import Sequence

import torch
from torch import Tensor

from monai_blurvae.functional.fourier import ImageSpectrum, Weights
from monai_blurvae.shapes import Image


def whitened_error(E: ImageSpectrum, power: Weights, size: Sequence[int]) -> Image:
    """Filter an error by abs(w), the symmetric square root of Sigma^-1: r = F^-1(abs(w) E).

    By Parseval the squares of r sum to q of `spectral_weighted_error`. Under the likelihood of covariance
    Sigma, r is white noise: every pixel of it is as surprising as any other.

    Args:
        E: half spectra of the errors, F(x - x_hat), (B, ch, *half).
        power: weights abs(w)^2, (B, *half), shared by the channels.
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
