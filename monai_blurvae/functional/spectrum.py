"""Spectra of images: frequencies, log-amplitudes, high-frequency power."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from monai_blurvae.checks import check_in
from monai_blurvae.functional.dtype import at_least_float32
from monai_blurvae.functional.fourier import full_spectrum_sum, half_spectrum, squared_modulus
from monai_blurvae.shapes import Image, PerImage

SMALLEST_POWER = 1e-12
"""Smaller powers are raised to this value before the logarithm."""


def frequency_radius(
    size: Sequence[int], device: torch.device | None = None, spacing: Sequence[float] | None = None
) -> Float[Tensor, "*half"]:
    """Give the distance of every frequency of the half spectrum to zero frequency.

    Args:
        size: spatial size of the image in pixels.
        device: device of the result.
        spacing: pixel size in mm along every axis; None: radii are in cycles per pixel.

    Returns:
        Radii in cycles per pixel (or per mm), (*half), zero frequency first.

    Example:
        >>> frequency_radius((4,))
        tensor([0.0000, 0.2500, 0.5000])
    """
    edges = (1.0,) * len(size) if spacing is None else tuple(spacing)
    axes = [torch.fft.fftfreq(n, d, device=device) for n, d in zip(size[:-1], edges[:-1], strict=True)]
    axes.append(torch.fft.rfftfreq(size[-1], edges[-1], device=device))
    return torch.stack([f.square() for f in torch.meshgrid(*axes, indexing="ij")]).sum(dim=0).sqrt()


def log_spectrum(image: Image) -> Float[Tensor, "*size"]:
    """Average log abs(F(x)) over images and channels, as the paper's figure 6 does.

    Args:
        image: images x, (B, ch, *size).

    Returns:
        Mean log-amplitudes on the full spectrum, (*size), zero frequency in the centre (index size // 2).

    Example:
        >>> log_spectrum(torch.full((2, 1, 4, 4), 1 / 16))[2, 2].abs()  # F at zero frequency is the sum, 1
        tensor(0.)
    """
    axes = tuple(range(2, image.ndim))
    with torch.autocast(image.device.type, enabled=False):
        spectrum = torch.fft.fftn(at_least_float32(image), dim=axes)
    log_amplitude = 0.5 * squared_modulus(spectrum).clamp_min(SMALLEST_POWER).log()
    centred: Tensor = torch.fft.fftshift(log_amplitude.mean(dim=(0, 1)))
    return centred


def taper(image: Image) -> Image:
    """Fade an image out towards its borders by a Hann window along every axis.

    The transform treats an image as periodic. The jump from one border to the opposite one adds power along
    the axes of the spectrum, which is not part of the image's detail. The window keeps the power of a
    constant image within one frequency of 0.

    Args:
        image: images x, (B, ch, *size).

    Returns:
        Tapered images, (B, ch, *size), float32 (float64 for float64).

    Example:
        >>> ramp = torch.linspace(-1, 1, 64).expand(1, 1, 64, 64)
        >>> bool(high_frequency_power(taper(ramp)) < 1e-5 * high_frequency_power(ramp))
        True
    """
    image = at_least_float32(image)
    for axis in range(2, image.ndim):
        window = torch.hann_window(image.shape[axis], dtype=image.dtype, device=image.device)
        image = image * window.view(-1, *(1,) * (image.ndim - axis - 1))
    return image


def high_frequency_power(image: Image, cutoff: float = 0.25) -> PerImage:
    """Sum the power above a frequency: sum over radii above the cutoff of abs(F(x))^2 / N.

    By Parseval this is the squared norm of the high-passed image. Noise raises it, and so does sharpness.

    Args:
        image: images x, (B, ch, *size).
        cutoff: radius in cycles per pixel, above which a frequency counts as high.

    Returns:
        Power summed over channels and frequencies, (B,).

    Example:
        >>> high_frequency_power(torch.ones(1, 1, 8, 8))  # a constant image has only zero frequency
        tensor([0.])
    """
    check_in("[0, 1]", cutoff=cutoff)
    size = image.shape[2:]
    power = squared_modulus(half_spectrum(image, len(size))).sum(dim=1) / size.numel()
    return full_spectrum_sum(power * (frequency_radius(size, image.device) > cutoff), size)
