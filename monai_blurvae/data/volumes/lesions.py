"""Simulated lesions: ellipses with a smooth edge, brighter or darker than the tissue they lie on."""

import math
from collections.abc import Sequence

import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from monai_blurvae.data.volumes.corruption import Corrupted, onto_brain

REFERENCE_PERCENTILE = 75.0
"""Percentile of a T1-weighted slice's brain that is close to its white matter."""

TISSUE = 0.5
"""A lesion's middle is at least as bright as this share of the white matter: a ventricle has no room for
a dark one."""


class Lesion:
    """m + c m_w w: what is there, plus a share c of the white matter's intensity m_w under an ellipse w.

    The tissue's texture stays. w is 1 inside and falls to 0 over `edge` pixels, 1/2 on an ellipse that has
    the area of a disc of the diameter stated; its axes' ratio is drawn between 1 and `elongation`, its
    direction, and its place anywhere in the brain where it fits and its middle is tissue. Intensities are
    clipped to [0, 1].

    Args:
        diameter: of the disc, in pixels, positive.
        contrast: c, a share of the slice's 75th percentile in the brain (in T1, about its white matter);
            negative for dark lesions, not 0.
        elongation: largest ratio of the axes, at least 1.
        edge: width of the edge in pixels, positive.

    Raises:
        ValueError: If an argument is out of its range.

    Example:
        >>> flat, brain = torch.zeros(1, 1, 32, 32), torch.ones(1, 1, 32, 32, dtype=torch.bool)
        >>> damaged = Lesion(diameter=8, contrast=0.5)(flat, brain, seeds=[0])
        >>> damaged.images.amin(), damaged.images.amax()  # intensities 0.5 and (1 + 0.5) 0.5
        (tensor(0.), tensor(0.5000))
    """

    def __init__(self, diameter: float, contrast: float, elongation: float = 1.5, edge: float = 2.0) -> None:
        if not 0 < diameter < math.inf:
            raise ValueError(f"`diameter` must be positive and finite, got {diameter}")
        if contrast == 0 or not math.isfinite(contrast):
            raise ValueError(f"`contrast` must be finite and not 0, got {contrast}")
        if not 1 <= elongation < math.inf:
            raise ValueError(f"`elongation` must be at least 1, got {elongation}")
        if not 0 < edge < math.inf:
            raise ValueError(f"`edge` must be positive and finite, got {edge}")
        self.diameter = diameter
        self.contrast = contrast
        self.elongation = elongation
        self.edge = edge

    def __str__(self) -> str:
        """Name it by size and contrast.

        Returns:
            Such as "lesion of 8 px, +30 %".
        """
        return f"lesion of {self.diameter:g} px, {100 * self.contrast:+g} %"

    def __call__(self, images: Tensor, brain: Tensor, seeds: Sequence[int]) -> Corrupted:
        """Put one lesion into each slice.

        Args:
            images: x in [-1, 1], (B, 1, H, W).
            brain: true on the brain, bool (B, 1, H, W).
            seeds: one a slice.

        Returns:
            The slices, and where w is at least 1/2.

        Raises:
            ValueError: If the lesion fits nowhere into a slice's brain.
        """
        unit = (images + 1) / 2
        levels = [
            float(torch.quantile(slice_[own], REFERENCE_PERCENTILE / 100))
            for slice_, own in zip(unit, brain, strict=True)
        ]
        m_w = images.new_tensor(levels)[:, None, None, None]
        tissue = brain & (unit >= TISSUE * m_w)
        shapes = [
            self._weight(own[0], middles[0], seed)
            for own, middles, seed in zip(brain, tissue, seeds, strict=True)
        ]
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
