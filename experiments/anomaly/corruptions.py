"""Simulated damage to slices of brains: lesions, motion and spikes."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torchio as tio
from scipy.ndimage import distance_transform_edt
from torch import Tensor
from typing_extensions import override

REFERENCE_PERCENTILE = 75.0
"""Percentile of a T1-weighted slice's brain that is close to its white matter."""
TISSUE = 0.5
"""Least intensity of a lesion's middle, as a share of the white matter's: no lesion lies in a ventricle."""


class Corrupted(NamedTuple):
    """Damaged slices, and where the damage is."""

    images: Tensor
    """x in [-1, 1], (B, 1, H, W), background exactly -1."""
    where: Tensor
    """True on what was damaged, bool (B, 1, H, W); the whole brain where the damage has no place."""


Corruption = Callable[[Tensor, Tensor, Sequence[int]], Corrupted]
"""Damages slices, x in [-1, 1] of (B, 1, H, W).

It is a function of the slices, their brains (bool, of the same shape) and one seed per slice; `str` names it.
"""


def onto_brain(unit: Tensor, brain: Tensor) -> Tensor:
    """Clip intensities to [0, 1] and strip all but the brain, as in the training data.

    Args:
        unit: intensities of which 1 is the subject's percentile and 0 background, any shape.
        brain: true on the brain, of a shape that broadcasts.

    Returns:
        x in [-1, 1], of the shape of `unit`, background exactly -1.
    """
    return torch.where(brain, unit.clamp(0, 1) * 2 - 1, -1)


@dataclass(frozen=True)
class Lesion:
    """A lesion: the image m becomes m + c m_w w, with an ellipse w and the white matter's intensity m_w.

    The tissue's texture stays. w is 1 inside and falls to 0 over `edge` pixels. It is 1/2 on an ellipse that
    has the area of a disc of the given diameter; this ellipse bounds `where`. First the ratio of the axes is
    drawn, between 1 and `elongation`, then the direction, then the place. The lesion must fit into the brain
    there, and its middle must be tissue. Intensities are clipped to [0, 1].

    Raises:
        ValueError: If an argument is out of its range, or the lesion fits nowhere into a slice's brain.

    Example:
        >>> flat, brain = torch.zeros(1, 1, 32, 32), torch.ones(1, 1, 32, 32, dtype=torch.bool)
        >>> damaged = Lesion(diameter=8, contrast=0.5)(flat, brain, seeds=[0])
        >>> damaged.images.amin(), damaged.images.amax()  # intensities 0.5 and (1 + 0.5) 0.5
        (tensor(0.), tensor(0.5000))
    """

    diameter: float
    """Diameter of the disc in pixels, positive."""
    contrast: float
    """c, a share of the slice's 75th percentile in the brain; negative for dark lesions, not 0."""
    elongation: float = 1.5
    """Largest ratio of the axes, at least 1."""
    edge: float = 2.0
    """Width of the edge in pixels, positive."""

    def __post_init__(self) -> None:
        _positive(diameter=self.diameter, edge=self.edge)
        if self.contrast == 0 or not math.isfinite(self.contrast):
            raise ValueError(f"`contrast` must be finite and not 0, got {self.contrast}")
        if not 1 <= self.elongation < math.inf:
            raise ValueError(f"`elongation` must be at least 1, got {self.elongation}")

    def __str__(self) -> str:
        return f"lesion of {self.diameter:g} px, {100 * self.contrast:+g} %"

    def __call__(self, images: Tensor, brain: Tensor, seeds: Sequence[int]) -> Corrupted:
        """Damage slices."""
        unit = (images + 1) / 2
        levels = [
            float(torch.quantile(slice_[own], REFERENCE_PERCENTILE / 100))
            for slice_, own in zip(unit, brain, strict=True)
        ]
        m_w = images.new_tensor(levels)[:, None, None, None]
        tissue = brain & (unit >= TISSUE * m_w)
        shapes = [self._weight(*own) for own in zip(brain[:, 0], tissue[:, 0], seeds, strict=True)]
        w = torch.stack(shapes)[:, None].to(images)
        return Corrupted(onto_brain(unit + self.contrast * m_w * w, brain), (w >= 0.5) & brain)

    def _weight(self, brain: Tensor, middles: Tensor, seed: int) -> Tensor:
        # w of one slice, (H, W), its middle one of those pixels
        generator = torch.Generator().manual_seed(seed)
        ratio, turn, place = torch.rand(3, generator=generator, dtype=torch.float64).tolist()
        root = math.sqrt(1 + ratio * (self.elongation - 1))
        longer, shorter, angle = self.diameter / 2 * root, self.diameter / 2 / root, math.pi * turn
        depth = torch.from_numpy(distance_transform_edt(brain.cpu().numpy()))
        fitting = (middles.cpu() & (depth >= longer)).nonzero()
        if len(fitting) == 0:
            raise ValueError(
                f"`diameter` must let the lesion fit into the brain, got {self.diameter} where no tissue is "
                f"{longer:.1f} pixels from its border"
            )
        row, column = fitting[int(place * len(fitting))].tolist()
        rows, columns = torch.meshgrid(*(torch.arange(n) for n in brain.shape), indexing="ij")
        along = (columns - column) * math.cos(angle) + (rows - row) * math.sin(angle)
        across = (rows - row) * math.cos(angle) - (columns - column) * math.sin(angle)
        radius = torch.hypot(along / longer, across / shorter)  # 1 on the ellipse
        t = ((1 - radius) * (self.diameter / 2) / self.edge + 0.5).clamp(0, 1)
        return t * t * (3 - 2 * t)


class SliceArtefact(ABC):
    """A TorchIO transform, drawn anew for each slice; `where` is the whole brain.

    Signal outside the brain is stripped. TorchIO encodes phase along the third axis, so a slice becomes a
    volume of one sagittal plane: rows are the second axis and columns the third.
    """

    @abstractmethod
    def draw(self, generator: torch.Generator) -> tio.Transform:
        """Draw a transform without randomness for one slice."""

    def __call__(self, images: Tensor, brain: Tensor, seeds: Sequence[int]) -> Corrupted:
        """Damage slices."""
        transforms = [self.draw(torch.Generator().manual_seed(seed)) for seed in seeds]
        disturbed = []
        with torch.random.fork_rng(devices=[]):  # TorchIO draws from torch's global generator all the same
            for image, transform in zip((images + 1) / 2, transforms, strict=True):
                subject = tio.Subject({"image": tio.ScalarImage(tensor=image[None].float().cpu())})
                disturbed.append(transform(subject)["image"].data[0])
        return Corrupted(onto_brain(torch.stack(disturbed).to(images), brain), brain)


@dataclass(frozen=True)
class MotionArtefact(SliceArtefact):
    """A head that moves in the plane while columns' phase is encoded (`torchio.Motion`).

    The times of the movements divide the acquisition evenly.
    """

    degrees: float
    """Largest rotation, positive; drawn uniformly in both directions."""
    pixels: float
    """Largest shift along each axis, positive; drawn uniformly in both directions."""
    movements: int = 2
    """How often the head moves, positive."""

    def __post_init__(self) -> None:
        _positive(degrees=self.degrees, pixels=self.pixels, movements=self.movements)

    def __str__(self) -> str:
        plural = "s" if self.movements > 1 else ""
        return f"{self.movements} movement{plural}, up to {self.degrees:g} degrees and {self.pixels:g} px"

    @override
    def draw(self, generator: torch.Generator) -> tio.Transform:
        drawn = torch.rand(self.movements, 3, generator=generator, dtype=torch.float64) * 2 - 1
        degrees, shifts = torch.zeros(2, self.movements, 3, dtype=torch.float64)
        degrees[:, 0] = self.degrees * drawn[:, 0]
        shifts[:, 1:] = self.pixels * drawn[:, 1:]
        times = torch.arange(1, self.movements + 1) / (self.movements + 1)
        return tio.Motion(degrees.numpy(), shifts.numpy(), times.numpy(), "linear")


@dataclass(frozen=True)
class SpikeArtefact(SliceArtefact):
    """Stripes across the slice from spikes anywhere in k-space (`torchio.Spike`)."""

    intensity: float
    """Intensity of each spike, as a share of the largest magnitude in k-space, positive."""
    spikes: int = 1
    """Number of spikes, positive."""

    def __post_init__(self) -> None:
        _positive(intensity=self.intensity, spikes=self.spikes)

    def __str__(self) -> str:
        return f"{self.spikes} spike{'s' if self.spikes > 1 else ''} of {100 * self.intensity:g} %"

    @override
    def draw(self, generator: torch.Generator) -> tio.Transform:
        places = torch.rand(self.spikes, 3, generator=generator, dtype=torch.float64)
        return tio.Spike(places.numpy(), self.intensity)


def _positive(**values: float) -> None:
    for name, value in values.items():
        if not 0 < value < math.inf:
            raise ValueError(f"`{name}` must be positive and finite, got {value}")
