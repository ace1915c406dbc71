"""Slices of subjects as complex images, and as a simulated scanner measures them."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import torch
from torch import Tensor
from torch.nn.functional import pad

from experiments.study.plan import Condition, Simulation
from monai_blurvae.data import Preprocessing, brain_percentile, to_subject
from monai_blurvae.data.volumes.reading import IMAGE
from monai_blurvae.data.volumes.subjects import subject_name
from monai_blurvae.mri import (
    CartesianEncoding,
    complex_noise,
    noise_std,
    rough_phase,
    simulated_coil_maps,
    synthetic_phase,
    uniform_lines,
    variable_density_lines,
    with_phase,
)

LINES = {"uniform": uniform_lines, "variable_density": variable_density_lines}


class Slice(NamedTuple):
    """One slice of one subject, still on disk."""

    path: Path
    """The subject's volume."""
    fraction: float
    """Where it lies: the share of the brain's extent along the slice axis."""

    @property
    def subject(self) -> str:
        """The subject's name."""
        return subject_name(self.path)

    @property
    def key(self) -> tuple[str, float]:
        """What tells it from other slices of a study."""
        return self.subject, self.fraction


def seed_of(*words: object) -> int:
    """Make a seed from what a random draw is for, whatever was drawn before.

    Example:
        >>> seed_of(0, "sub-01", "mask") == seed_of(0, "sub-01", "mask") != seed_of(1, "sub-01", "mask")
        True
    """
    return crc32("/".join(map(str, words)).encode())


class References:
    """Read slices as complex images, magnitude about 1 where they are brightest.

    A volume is oriented, resampled, cropped and scaled as the model's training images were, but not clipped
    or stored in bytes. Slices are padded by zeros to sides that are a multiple of `multiple`: even sides have
    zero frequency at H / 2 and W / 2, and divide into two at a wavelet's first level.

    Args:
        preprocessing: orientation, spacing, percentile and margin.
        simulation: phase (radians, cycles per image) and sides.
        seed: of the synthetic phase, together with the slice's own name.
    """

    def __init__(self, preprocessing: Preprocessing, simulation: Simulation, seed: int) -> None:
        if simulation.multiple < 2:
            raise ValueError(f"`multiple` must be at least 2, got {simulation.multiple}")
        self.preprocessing = preprocessing
        self.simulation = simulation
        self.seed = seed
        self._volume = lru_cache(maxsize=8)(self._read)

    def __call__(self, item: Slice) -> Tensor:
        """Read a slice as a complex64 image, (1, 1, H, W)."""
        volume, simulation = self._volume(item.path), self.simulation
        magnitude = volume[:, :, position(volume, item.fraction)]
        magnitude = pad(magnitude, _margins(magnitude.shape, simulation.multiple))[None, None]
        size = (magnitude.shape[-2], magnitude.shape[-1])
        seed = seed_of(self.seed, item.subject, item.fraction, "phase")
        phase = synthetic_phase(size, seed, simulation.amplitude_rad, simulation.cycles)
        if simulation.rough_rad:
            phase = phase + rough_phase(size, seed, simulation.rough_rad)
        return with_phase(magnitude, phase)

    def _read(self, path: Path) -> Tensor:
        """Magnitudes, (rows, columns, slices)."""
        volume: Tensor = self.preprocessing.geometry(to_subject(path))[IMAGE].data[0].float().clamp_min(0)
        return volume / brain_percentile(volume, self.preprocessing.percentile)


def position(volume: Tensor, fraction: float) -> int:
    """Find a slice of a volume, (rows, columns, slices), by its place between the brain's first and last.

    Example:
        >>> volume = torch.zeros(2, 2, 20)
        >>> volume[..., 5:16] = 1  # slices 5 to 15
        >>> position(volume, 0.5)
        10
    """
    occupied = volume.amax(dim=(0, 1)).nonzero()
    first, last = int(occupied[0]), int(occupied[-1])
    return round(first + fraction * (last - first))


def _margins(size: Sequence[int], multiple: int) -> tuple[int, int, int, int]:
    """Zeros on the left, right, top and bottom; the odd one on the right and at the bottom."""
    missing = [-side % multiple for side in reversed(size)]
    left, top = (share // 2 for share in missing)
    return left, missing[0] - left, top, missing[1] - top


def acquire(
    x: Tensor, condition: Condition, centre_lines: int, *seed: object
) -> tuple[Tensor, CartesianEncoding]:
    """Measure a slice.

    The noise's standard deviation is the rms over all frequencies and coils of the fully sampled k-space
    without noise, times 10^(-dB / 20): it does not depend on the mask. Mask and noise are drawn anew for each
    slice; the mask is the same for every number of coils and noise level.

    Args:
        x: the slice, complex (1, 1, H, W).
        condition: mask, coils, noise and acceleration.
        centre_lines: fully sampled lines about zero frequency.
        seed: what tells the draws from other slices'.

    Returns:
        K-space, complex (1, coils, H, W), zero where it is not sampled, and the encoding.
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
