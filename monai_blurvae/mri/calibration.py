"""How much of k-space's centre is fully sampled: what coil maps can be estimated from."""

import torch
from torch import Tensor


def calibration_width(mask: Tensor, most: int = 24) -> int:
    """Find the largest fully sampled square about zero frequency.

    Args:
        mask: which frequencies are sampled, (..., H, W), of 0 and 1 or bool; of several, all have to.
        most: the largest edge of interest, in samples.

    Returns:
        The edge in samples, 0 where zero frequency itself is missing.

    Example:
        >>> mask = torch.zeros(8, 8)
        >>> mask[2:6, 1:7] = 1
        >>> calibration_width(mask)
        4
    """
    sampled = (mask != 0).flatten(0, -3).all(dim=0) if mask.ndim > 2 else mask != 0
    height, width = sampled.shape
    for edge in range(min(most, height, width), 0, -1):
        rows, columns = (slice(n // 2 - edge // 2, n // 2 - edge // 2 + edge) for n in (height, width))
        if bool(torch.all(sampled[rows, columns])):
            return edge
    return 0
