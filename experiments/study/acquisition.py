"""A slice as a simulated scanner measures it under a condition."""

from zlib import crc32

import torch
from torch import Tensor

from experiments.study.condition import Condition
from monai_blurvae.mri import (
    CartesianEncoding,
    complex_noise,
    noise_std,
    simulated_coil_maps,
    uniform_lines,
    variable_density_lines,
)

LINES = {"uniform": uniform_lines, "variable_density": variable_density_lines}
"""Kinds of masks, by the names that a study file gives them."""


def seed_of(*words: object) -> int:
    """Make a seed of what a random draw is for: the same whatever was drawn before.

    Args:
        words: what tells it from other draws.

    Returns:
        The seed.

    Example:
        >>> seed_of(0, "sub-01", "mask") == seed_of(0, "sub-01", "mask") != seed_of(1, "sub-01", "mask")
        True
    """
    return crc32("/".join(map(str, words)).encode())


def acquire(
    x: Tensor, condition: Condition, centre_lines: int, *seed: object
) -> tuple[Tensor, CartesianEncoding]:
    """Measure a slice.

    The noise's standard deviation is the rms over all frequencies and coils of the fully sampled k-space
    without noise, times 10^(-dB / 20): it does not depend on the mask. Mask and noise are drawn anew for each
    slice, the mask alike for every number of coils and noise level.

    Args:
        x: the slice, complex (1, 1, H, W).
        condition: mask, coils, noise and acceleration.
        centre_lines: fully sampled lines about zero frequency.
        seed: what tells the draws from other slices'.

    Returns:
        K-space, complex (1, coils, H, W), zero where it is not sampled, and the encoding.

    Raises:
        ValueError: If the acceleration leaves fewer lines than the centre has.
    """
    size = (x.shape[-2], x.shape[-1])
    maps = simulated_coil_maps(condition.coils, size) if condition.coils > 1 else None
    y = CartesianEncoding(torch.ones(size), maps)(x)
    if condition.noise_db is not None:
        std = noise_std(y, condition.noise_db)
        y = y + complex_noise(y, std, seed_of(*seed, condition.coils, "noise"))
    mask = LINES[condition.lines](
        size, condition.acceleration, centre_lines, seed_of(*seed, condition.acceleration, "mask")
    )
    encoding = CartesianEncoding(mask, maps)
    return y * encoding.mask, encoding
