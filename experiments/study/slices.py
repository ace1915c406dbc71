"""Slices of subjects as a scanner's complex images: the references of a study."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import pad

from experiments.study.acquisition import seed_of
from monai_blurvae.data import Preprocessing, brain_percentile, subject_name, to_subject
from monai_blurvae.data.volumes.reading import IMAGE
from monai_blurvae.mri import synthetic_phase, with_phase


class Slice(NamedTuple):
    """One slice of one subject, still on disk."""

    path: Path
    """The subject's volume."""
    fraction: float
    """Where it lies: the share of the brain's extent along the slice axis, from the first slice."""

    @property
    def subject(self) -> str:
        """The subject's name."""
        return subject_name(self.path)


class References:
    """Read slices as complex images, magnitude about 1 where they are brightest.

    A volume is oriented, resampled and cropped as the model's training images were, and divided by the same
    percentile of its brain; nothing is clipped or stored in bytes. A slice is whole, padded by zeros to sides
    that are a multiple of `multiple`: even sides have their zero frequency at H / 2 and W / 2 and as many
    lines on either side of it (but Nyquist's), and divide into two at a wavelet's first level.

    Args:
        preprocessing: orientation, spacing, percentile and margin.
        multiple: what the sides are a multiple of, at least 2.
        seed: of the synthetic phase, with the slice's own name.
        amplitude_rad: the largest absolute phase, in radians.
        cycles: highest frequency of the phase along an axis, in cycles an image.

    Raises:
        ValueError: If `multiple` is below 2.
    """

    def __init__(
        self, preprocessing: Preprocessing, multiple: int, seed: int, amplitude_rad: float, cycles: int
    ) -> None:
        if multiple < 2:
            raise ValueError(f"`multiple` must be at least 2, got {multiple}")
        self.preprocessing = preprocessing
        self.multiple = multiple
        self.seed = seed
        self.amplitude_rad = amplitude_rad
        self.cycles = cycles
        self._volume = lru_cache(maxsize=8)(self._read)

    def __call__(self, item: Slice) -> Tensor:
        """Read a slice.

        Args:
            item: which one.

        Returns:
            The image, complex64 (1, 1, H, W).
        """
        volume = self._volume(item.path)
        magnitude = volume[:, :, position(volume, item.fraction)]
        magnitude = pad(magnitude, _margins(magnitude.shape, self.multiple))[None, None]
        phase = synthetic_phase(
            (magnitude.shape[-2], magnitude.shape[-1]),
            seed_of(self.seed, item.subject, item.fraction, "phase"),
            self.amplitude_rad,
            self.cycles,
        )
        return with_phase(magnitude, phase)

    def _read(self, path: Path) -> Tensor:
        # magnitudes (rows, columns, slices)
        volume: Tensor = self.preprocessing.geometry(to_subject(path))[IMAGE].data[0].float().clamp_min(0)
        return volume / brain_percentile(volume, self.preprocessing.percentile)


def position(volume: Tensor, fraction: float) -> int:
    """Find a slice by its place in the brain.

    Args:
        volume: magnitudes, (rows, columns, slices), background 0.
        fraction: share of the way from the brain's first slice to its last.

    Returns:
        Its index.

    Example:
        >>> import torch
        >>> volume = torch.zeros(2, 2, 20)
        >>> volume[..., 5:16] = 1  # slices 5 to 15
        >>> position(volume, 0.5)
        10
    """
    occupied = volume.amax(dim=(0, 1)).nonzero()
    first, last = int(occupied[0]), int(occupied[-1])
    return round(first + fraction * (last - first))


def _margins(size: Sequence[int], multiple: int) -> tuple[int, int, int, int]:
    # zeros on the left, right, top and bottom; the odd one on the right and at the bottom
    missing = [-side % multiple for side in reversed(size)]
    left, top = (share // 2 for share in missing)
    return left, missing[0] - left, top, missing[1] - top
