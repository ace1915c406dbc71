"""The Wiener likelihood: a Gaussian of inverse covariance W^T W, with W the blur kernel's Wiener filter."""

from collections.abc import Sequence

import torch

from monai_blurvae.checks import check_at_least, check_positive
from monai_blurvae.functional.circulant import exact_half_log_determinant, spectral_weighted_error
from monai_blurvae.functional.fourier import (
    KernelSpectrum,
    Weights,
    full_spectrum_sum,
    half_spectrum,
    squared_modulus,
    transfer_function,
)
from monai_blurvae.shapes import Image, Kernel, PerImage

POWER_FLOOR = 1e-8
"""abs(w)^2 never falls below this by default: at K = 0 an error would be free, the determinant infinite."""

EPSILON_FLOOR = 1e-6
"""Added to abs(K + eps)^2 in the epsilon form, whose logarithm is else unbounded below."""

DETERMINANTS = ("omit", "epsilon", "exact")
"""Forms of the determinant."""


def wiener_power(K: KernelSpectrum, C: float, floor: float = POWER_FLOOR) -> Weights:
    """Weight frequencies by the Wiener filter's power abs(w)^2 = abs(K)^2 / (abs(K)^2 + C)^2 (equation 7).

    Its peak is 1 / (4 C), at abs(K)^2 = C. At lower abs(K) the blur has destroyed the frequency and the
    weight falls to 0, where it is floored.

    Args:
        K: transfer functions, (B, *half).
        C: Wiener constant, positive.
        floor: least abs(w)^2.

    Returns:
        abs(w)^2, (B, *half).

    Raises:
        ValueError: If `C` is not positive and finite.

    Example:
        >>> wiener_power(torch.ones(1, 2, dtype=torch.complex64), C=1.0)  # a delta kernel: 1 / (1 + C)^2
        tensor([[0.2500, 0.2500]])
    """
    check_positive(C=C)
    check_at_least(0, floor=floor)
    power = squared_modulus(K)
    return (power / (power + C).square()).clamp_min(floor)


def weighted_error(x: Image, x_hat: Image, kernel: Kernel, C: float) -> PerImage:
    """Compute q = || W (x - x_hat) ||^2, the squared error after Wiener deconvolution (equation 8).

    Args:
        x: images, (B, ch, *size).
        x_hat: reconstructions, (B, ch, *size).
        kernel: kernel k of each image, (B, *kernel), odd sizes up to the image's.
        C: Wiener constant, positive.

    Returns:
        q, summed over channels and pixels, (B,).

    Example:
        >>> x, delta = torch.ones(1, 1, 4, 4), torch.ones(1, 1, 1)
        >>> weighted_error(x, 0 * x, delta, C=1.0)  # a delta kernel: squared error / (1 + C)^2
        tensor([4.])
    """
    size = x.shape[2:]
    error = half_spectrum(x, len(size)) - half_spectrum(x_hat, len(size))
    return spectral_weighted_error(error, wiener_power(transfer_function(kernel, size), C), size)


def half_log_determinant(
    K: KernelSpectrum,
    C: float,
    size: Sequence[int],
    channels: int,
    form: str,
    epsilon: float = 0.5,
    floor: float = POWER_FLOOR,
) -> PerImage:
    """Compute 1/2 log det Sigma, in one of three forms.

    exact: - ch * sum over frequencies of log abs(w), the determinant of the weights in q.
    epsilon: ch * sum of 1/2 log(abs(K + eps)^2 + 1e-6), which replaces W^-1 by K + eps I and bounds nothing.
    omit: 0, which makes a training objective, not a likelihood.

    Args:
        K: transfer functions, (B, *half).
        C: Wiener constant, positive.
        size: spatial size of the images in pixels.
        channels: number of channels, which share the kernel.
        form: "omit", "epsilon" or "exact".
        epsilon: eps of the epsilon form.
        floor: least abs(w)^2, in the exact form.

    Returns:
        1/2 log det Sigma in nats, (B,).

    Raises:
        ValueError: If `form` is not one of the three, or `C` is not positive and finite.

    Example:
        >>> import math
        >>> K = torch.ones(1, 2, dtype=torch.complex64)  # a delta kernel on two pixels: Sigma = (1 + C)^2 I
        >>> half_log_determinant(K, C=1.0, size=(2,), channels=1, form="exact") / math.log(2)
        tensor([2.])
    """
    check_determinant(form)
    if form == "exact":
        return exact_half_log_determinant(wiener_power(K, C, floor), size, channels)
    if form == "epsilon":
        return channels * full_spectrum_sum(0.5 * (squared_modulus(K + epsilon) + EPSILON_FLOOR).log(), size)
    check_positive(C=C)
    return torch.zeros(len(K), dtype=K.real.dtype, device=K.device)


def check_determinant(form: str) -> None:
    """Refuse unknown forms of the determinant.

    Args:
        form: name of a form.

    Raises:
        ValueError: If `form` is unknown.
    """
    if form not in DETERMINANTS:
        raise ValueError(f"`determinant` must be one of {', '.join(DETERMINANTS)}, got {form!r}")
