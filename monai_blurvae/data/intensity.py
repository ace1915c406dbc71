"""How a voxel v becomes a network input x: x = 2 v / p - 1, and one byte u of x in the cache.

`Preprocessing` (volumes/preprocessing.py) orients, resamples and crops a volume, and scales it by
`to_signed_range` with its subject's p, `brain_percentile`. `VolumeCache` stores u, `quantize`. `PatchDataset`
cuts patches of u and reads x back, `dequantize`. Inference scales whole volumes by the same two functions.
"""

import numpy as np
import torch
from torch import Tensor

from monai_blurvae.checks import check_in, check_positive

BACKGROUND = -1.0
"""Value of the background in a network input."""

LEVELS = 255
"""Highest value of the cache's unsigned bytes; 0 is background and nothing else."""


def brain_percentile(volume: Tensor, percentile: float = 99.5) -> float:
    """Compute percentile p of the brain, which is every non-zero voxel.

    Args:
        volume: intensities v in scanner units, any shape.
        percentile: which percentile, in (0, 100].

    Returns:
        p in scanner units, linearly interpolated between voxels.

    Raises:
        ValueError: If there is no brain, or p is not positive.

    Example:
        >>> brain_percentile(torch.tensor([0.0, 0.0, 1.0, 2.0, 3.0]), percentile=50)
        2.0
    """
    check_in("(0, 100]", percentile=percentile)
    values = volume.detach().cpu().numpy()
    brain = values[values != 0]
    if brain.size == 0:
        raise ValueError("`volume` must hold non-zero voxels, got only zeros")
    p = float(np.percentile(brain, percentile))
    if p <= 0:
        raise ValueError(f"`volume` must have a positive brain percentile, got {p:g} at {percentile} %")
    return p


def to_signed_range(volume: Tensor, p: float) -> Tensor:
    """Scale a volume to [-1, 1]: x = 2 v / p - 1, clipped; background becomes exactly -1.

    Args:
        volume: intensities v in scanner units, any shape.
        p: the subject's `brain_percentile`, in scanner units.

    Returns:
        x, float32, the shape of `volume`.

    Example:
        >>> to_signed_range(torch.tensor([0.0, 5.0, 10.0, 40.0]), p=10).tolist()
        [-1.0, 0.0, 1.0, 1.0]
    """
    check_positive(p=p)
    return (volume.float() * (2 / p) - 1).clamp_(-1, 1)


def from_signed_range(image: Tensor, p: float) -> Tensor:
    """Scale x back to scanner units, v = p (x + 1) / 2; what `to_signed_range` clipped stays clipped."""
    check_positive(p=p)
    return (image + 1) * (p / 2)


def quantize(image: Tensor) -> Tensor:
    """Store x in one byte: u = 127.5 (x + 1), rounded; brain never becomes 0, the background.

    Args:
        image: x in [-1, 1], any shape.

    Returns:
        u, uint8, the shape of `image`.

    Example:
        >>> quantize(torch.tensor([-1.0, -0.9999, 0.2, 1.0])).tolist()
        [0, 1, 153, 255]
    """
    levels = ((image + 1) * (LEVELS / 2)).round_().clamp_(1, LEVELS)
    return torch.where(image > -1, levels, 0).to(torch.uint8)


def dequantize(levels: Tensor) -> Tensor:
    """Read x, float32, back from its byte u: x = u / 127.5 - 1, exactly -1 and 1 at the ends."""
    return levels.float().div_(LEVELS / 2).sub_(1)
