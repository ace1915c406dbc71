"""Artefacts of the acquisition, by TorchIO, on slices of stripped brains."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
import torchio as tio
from torch import Tensor

from monai_blurvae.data.volumes.corruption import Corrupted, onto_brain
from monai_blurvae.data.volumes.volumes import IMAGE


class SliceArtefact(ABC):
    """A TorchIO transform, drawn anew for each slice; what it casts outside the brain is stripped.

    TorchIO sees a slice as a volume of one sagittal plane, its rows and columns as the second and third axis:
    along the third it encodes phase, and in a volume of one axial plane no line would be left to disturb.
    """

    @abstractmethod
    def draw(self, generator: torch.Generator) -> tio.Transform:
        """Draw the transform of one slice.

        Args:
            generator: source of the draw.

        Returns:
            A transform without randomness.
        """

    def __call__(self, images: Tensor, brain: Tensor, seeds: Sequence[int]) -> Corrupted:
        """Disturb slices.

        Args:
            images: x in [-1, 1], (B, 1, H, W).
            brain: true on the brain, bool (B, 1, H, W).
            seeds: one a slice.

        Returns:
            The slices, and the whole brain as where.
        """
        transforms = [self.draw(torch.Generator().manual_seed(seed)) for seed in seeds]
        disturbed = []
        with torch.random.fork_rng(devices=[]):  # TorchIO draws from torch's global generator all the same
            for image, transform in zip((images + 1) / 2, transforms, strict=True):
                subject = tio.Subject({IMAGE: tio.ScalarImage(tensor=image[None].float().cpu())})
                disturbed.append(transform(subject)[IMAGE].data[0])
        return Corrupted(onto_brain(torch.stack(disturbed).to(images), brain), brain)


class MotionArtefact(SliceArtefact):
    """A head that moves in the plane while columns' phase is encoded (`torchio.Motion`).

    The times of the movements divide the acquisition evenly.

    Args:
        degrees: largest rotation, positive; drawn uniformly in both directions.
        pixels: largest shift along each axis, positive; drawn uniformly in both directions.
        movements: how often the head moves, positive.

    Raises:
        ValueError: If an argument is out of its range.
    """

    def __init__(self, degrees: float, pixels: float, movements: int = 2) -> None:
        for name, value in (("degrees", degrees), ("pixels", pixels)):
            if not 0 < value < math.inf:
                raise ValueError(f"`{name}` must be positive and finite, got {value}")
        if movements < 1:
            raise ValueError(f"`movements` must be positive, got {movements}")
        self.degrees = degrees
        self.pixels = pixels
        self.movements = movements

    def __str__(self) -> str:
        """Name it by its numbers.

        Returns:
            Such as "2 movements, up to 3 degrees and 3 px".
        """
        plural = "s" if self.movements > 1 else ""
        return f"{self.movements} movement{plural}, up to {self.degrees:g} degrees and {self.pixels:g} px"

    def draw(self, generator: torch.Generator) -> tio.Transform:
        """Draw rotations and shifts.

        Args:
            generator: source of the draw.

        Returns:
            `torchio.Motion`, in the plane alone.
        """
        drawn = torch.rand(self.movements, 3, generator=generator, dtype=torch.float64) * 2 - 1
        degrees, shifts = torch.zeros(2, self.movements, 3, dtype=torch.float64)
        degrees[:, 0] = self.degrees * drawn[:, 0]
        shifts[:, 1:] = self.pixels * drawn[:, 1:]
        times = torch.arange(1, self.movements + 1) / (self.movements + 1)
        return tio.Motion(degrees.numpy(), shifts.numpy(), times.numpy(), "linear")


class SpikeArtefact(SliceArtefact):
    """Stripes across the slice from spikes in k-space (`torchio.Spike`).

    Args:
        intensity: of each spike, as a share of the largest magnitude in k-space, positive.
        spikes: how many, positive; anywhere in k-space.

    Raises:
        ValueError: If an argument is out of its range.
    """

    def __init__(self, intensity: float, spikes: int = 1) -> None:
        if not 0 < intensity < math.inf:
            raise ValueError(f"`intensity` must be positive and finite, got {intensity}")
        if spikes < 1:
            raise ValueError(f"`spikes` must be positive, got {spikes}")
        self.intensity = intensity
        self.spikes = spikes

    def __str__(self) -> str:
        """Name it by its numbers.

        Returns:
            Such as "1 spike of 10 %".
        """
        return f"{self.spikes} spike{'s' if self.spikes > 1 else ''} of {100 * self.intensity:g} %"

    def draw(self, generator: torch.Generator) -> tio.Transform:
        """Draw the spikes' places.

        Args:
            generator: source of the draw.

        Returns:
            `torchio.Spike`.
        """
        places = torch.rand(self.spikes, 3, generator=generator, dtype=torch.float64)
        return tio.Spike(places.numpy(), self.intensity)
