"""Phases that vary slowly over an image: estimated, or drawn at random for magnitude images."""

import math

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from monai_blurvae.checks import check_at_least, check_integer, check_positive


def smooth_phase(x: Tensor, width: float = 8.0) -> Tensor:
    """Estimate the slowly varying phase: that of the image after a Gaussian low-pass filter.

    Args:
        x: complex images, (B, 1, H, W).
        width: standard deviation of the filter in samples of k-space, positive.

    Returns:
        Phase in radians, (B, 1, H, W), 0 where the filtered image is 0.

    Raises:
        ValueError: If the images are real or the width is not positive.
    """
    if not x.is_complex():
        raise ValueError(f"`x` must be complex, got {x.dtype}")
    check_positive(width=width)
    rows, columns = (
        torch.fft.fftfreq(side, 1 / side, dtype=x.real.dtype, device=x.device) for side in x.shape[2:]
    )
    window = (-(rows[:, None] ** 2 + columns**2) / (2 * width**2)).exp()
    smooth: Tensor = torch.fft.ifft2(torch.fft.fft2(x) * window)
    return smooth.angle()


def synthetic_phase(
    size: tuple[int, int], seed: int = 0, amplitude_rad: float = math.pi / 2, cycles: int = 1
) -> Float[Tensor, "1 1 H W"]:
    """Draw a smooth random phase: a sum of waves of at most `cycles` periods along each axis.

    Args:
        size: (H, W) in pixels.
        seed: seed of the waves' strengths.
        amplitude_rad: the largest absolute phase, in radians.
        cycles: the highest frequency along an axis, in cycles per image.

    Returns:
        Phase in radians, float32 (1, 1, H, W).

    Raises:
        ValueError: If the size or the number of cycles is not positive, or the amplitude negative.
    """
    if min(size) < 1:
        raise ValueError(f"`size` must be positive, got {size}")
    check_integer(1, cycles=cycles)
    if amplitude_rad < 0:
        raise ValueError(f"`amplitude_rad` must not be negative, got {amplitude_rad}")
    count = 2 * cycles + 1
    generator = torch.Generator().manual_seed(seed)
    strength = torch.randn(count, count, 2, generator=generator, dtype=torch.float64)
    frequency = 2 * math.pi * torch.arange(-cycles, cycles + 1, dtype=torch.float64)
    rows, columns = (
        torch.exp(1j * frequency[:, None] * (torch.arange(n, dtype=torch.float64) / n)) for n in size
    )
    waves = torch.einsum("fh,fg,gw->hw", rows, torch.view_as_complex(strength), columns).real
    phase = amplitude_rad * waves / waves.abs().max()
    return phase.float()[None, None]


def rough_phase(
    size: tuple[int, int], seed: int = 0, rms_rad: float = 0.1, least_cycles: float = 8, decay: float = 1.5
) -> Float[Tensor, "1 1 H W"]:
    """Draw what is left of a measured phase without its smooth part: noise of power f^-decay.

    The defaults are those of a measured head (fully sampled, eight coils): 0.1 rad are left of its phase
    beyond 8 cycles per image, the power falling with the frequency to the power of -1.5.

    Args:
        size: (H, W) in pixels.
        seed: seed of the noise.
        rms_rad: root of the mean square, in radians.
        least_cycles: frequencies below are left out, in cycles per image.
        decay: how fast the power falls.

    Returns:
        Phase in radians, float32 (1, 1, H, W).

    Raises:
        ValueError: If the size is too small for the frequencies, or a number is negative.
    """
    check_at_least(0, rms_rad=rms_rad, least_cycles=least_cycles, decay=decay)
    if min(size) < 2 * least_cycles or min(size) < 2:
        raise ValueError(f"`size` must be at least 2 and twice the {least_cycles} cycles, got {size}")
    rows, columns = (torch.fft.fftfreq(side, 1 / side, dtype=torch.float64) for side in size)
    radii = torch.hypot(rows[:, None], columns)
    amplitude = torch.where(radii >= max(least_cycles, 1), radii, torch.inf) ** (-decay / 2)
    noise = torch.randn(size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    phase = torch.fft.ifft2(torch.fft.fft2(noise) * amplitude).real
    phase *= rms_rad / phase.square().mean().sqrt()
    rough: Tensor = phase.float()[None, None]
    return rough


def with_phase(magnitude: Float[Tensor, "B 1 H W"], phase: Tensor) -> Complex[Tensor, "B 1 H W"]:
    """Give magnitudes m, (B, 1, H, W), a phase in radians, (B or 1, 1, H, W): x = m exp(i phase)."""
    return magnitude * torch.exp(1j * phase)
