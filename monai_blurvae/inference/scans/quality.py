"""NRMSE, PSNR and SSIM of the magnitudes of a reconstruction."""

from typing import NamedTuple

import numpy as np
from monai.metrics import SSIMMetric
from skimage.metrics import peak_signal_noise_ratio
from torch import Tensor

from monai_blurvae.mri import nrmse


class Quality(NamedTuple):
    """Measures of one slice."""

    nrmse: float
    """In percent."""
    psnr: float
    """In dB, infinite without any error."""
    ssim: float


def quality(x_hat: Tensor, x: Tensor) -> Quality:
    """Compare magnitudes over the whole slice, with background, x_hat first scaled to the norm of x.

    PSNR and SSIM take the reference's largest magnitude as their range; SSIM's window is the Gaussian of
    standard deviation 1.5 pixels.

    Args:
        x_hat: reconstruction, complex (1, 1, H, W).
        x: reference, of the same shape, not zero everywhere.

    Returns:
        The measures.
    """
    error = nrmse(x_hat, x).item()
    reference, estimate = x.abs(), x_hat.abs()
    norm = estimate.norm().item()
    scaled = estimate * (reference.norm().item() / norm if norm > 0 else 1.0)
    span = float(reference.max())
    with np.errstate(divide="ignore"):  # an image without error
        psnr = float(peak_signal_noise_ratio(reference.numpy(), scaled.numpy(), data_range=span))
    ssim = SSIMMetric(2, data_range=span)(scaled, reference)
    return Quality(error, psnr, float(ssim))
