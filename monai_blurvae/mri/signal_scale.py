"""How bright an image is: the number by which weights of regularisers carry over between images."""

import numpy as np
from torch import Tensor

PERCENTILE = 99.5
"""Of the pixels with signal; a little below the maximum, which a single vessel may decide."""

BACKGROUND = 0.05
"""Pixels below this share of the largest magnitude are background."""


def signal_scale(x: Tensor) -> Tensor:
    """Measure each image's brightness: the 99.5th percentile of the magnitudes of its pixels with signal.

    Pixels below a twentieth of the largest magnitude do not count, so the field of view has no influence.

    Args:
        x: complex or real images, (B, 1, H, W), such as E^H y.

    Returns:
        Scales, (B, 1, 1, 1), real, in the units of x.

    Raises:
        ValueError: If an image is zero everywhere.

    Example:
        >>> import torch
        >>> signal_scale(torch.tensor([0.0, 2j, 2j, 0.0]).reshape(1, 1, 2, 2)).item()
        2.0
    """
    magnitudes = x.abs().flatten(1)
    largest = magnitudes.max(dim=1).values
    if bool((largest == 0).any()):
        raise ValueError(f"`x` must hold signal, got {int((largest == 0).sum())} of {len(x)} images all zero")
    scales = [
        np.percentile(magnitude[magnitude >= BACKGROUND * peak].detach().cpu().numpy(), PERCENTILE)
        for magnitude, peak in zip(magnitudes, largest, strict=True)
    ]
    return magnitudes.new_tensor(scales)[:, None, None, None]
