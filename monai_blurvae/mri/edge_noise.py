"""The noise of k-space that comes without a noise scan: what lies farthest from zero frequency."""

import math

import torch
from torch import Tensor


def edge_noise_std(y: Tensor, mask: Tensor, share: float = 0.05) -> float:
    """Estimate the noise's standard deviation from the sampled frequencies that are farthest from zero.

    An image's signal falls off towards high frequencies, noise does not: there the median of |y| is that of
    the noise, sigma sqrt(ln 2). Signal that is left makes the estimate too large, never too small.

    Args:
        y: complex k-space, (B, coils, H, W), its coils' noise of one level.
        mask: which frequencies are sampled, (B or 1, 1, H, W).
        share: share of the sampled frequencies to look at, above 0 and at most 1.

    Returns:
        sigma = sqrt(E|n|^2), in the units of k-space.

    Raises:
        ValueError: If the share is out of range or nothing is sampled.
    """
    if not 0 < share <= 1:
        raise ValueError(f"`share` must be above 0 and at most 1, got {share}")
    sampled = (mask != 0).expand(len(y), 1, *y.shape[-2:])
    count = int(sampled.sum())
    if count == 0:
        raise ValueError(f"`mask` must sample something, got all zero, shape {tuple(mask.shape)}")
    rows, columns = (
        (torch.arange(n, dtype=torch.float64, device=y.device) - n // 2) / (n / 2) for n in y.shape[-2:]
    )
    distance = torch.hypot(rows[:, None], columns[None, :]).where(sampled, -1)
    nearest = distance.flatten().topk(max(1, round(share * count))).values.min()
    farthest = (distance >= nearest).expand_as(y)
    return float(y[farthest].abs().median()) / math.sqrt(math.log(2))
