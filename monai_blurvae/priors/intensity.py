"""The intensity range of a slice: from the units of k-space to the network's [-1, 1] and back."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from monai_blurvae.data.intensity import BACKGROUND, brain_percentile, from_signed_range

THRESHOLD = 0.1
"""Pixels below this share of the percentile are background."""


@dataclass(frozen=True)
class IntensityRange:
    """u = 2 m / scale - 1: magnitude 0 is -1, `scale`, in the units of k-space, is 1; nothing is clipped."""

    scale: float

    def __post_init__(self) -> None:
        if not 0 < self.scale < math.inf:
            raise ValueError(f"`scale` must be positive and finite, got {self.scale}")

    @classmethod
    def from_magnitude(cls, magnitude: Tensor, percentile: float = 99.5) -> "IntensityRange":
        """Take the scale from a first reconstruction, as training takes it from a subject's brain.

        Args:
            magnitude: magnitudes such as those of SENSE, any shape.
            percentile: percentile of the pixels with signal that becomes 1, in (0, 100]; they exceed a tenth
                of that percentile of all pixels.

        Returns:
            The range.

        Raises:
            ValueError: If the magnitude is complex or not finite, or only background.
        """
        if magnitude.is_complex():
            raise ValueError("`magnitude` must be real, got complex values: take their absolute value")
        if not magnitude.isfinite().all():
            raise ValueError("`magnitude` must be finite, got NaN or infinity")
        signal = magnitude > THRESHOLD * brain_percentile(magnitude, percentile)
        return cls(brain_percentile(torch.where(signal, magnitude, 0), percentile))

    @property
    def slope(self) -> float:
        """du/dm, 2 / scale."""
        return 2 / self.scale

    def to_network(self, magnitude: Tensor) -> Tensor:
        """Express magnitudes m, in the units of k-space, in the network's units."""
        return magnitude * self.slope + BACKGROUND

    def to_magnitude(self, u: Tensor) -> Tensor:
        """Express the network's units as magnitudes, negative where u is below -1."""
        return from_signed_range(u, self.scale)
