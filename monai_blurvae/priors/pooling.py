"""One number per slice from the numbers of its patches."""

import math

from torch import Tensor

from monai_blurvae.shapes import PerImage


def mean_of_highest(values: Tensor, share: float = 1.0) -> PerImage:
    """Average the highest values of each row.

    Args:
        values: one number per patch, (B, n); NaN where a patch does not count, but not in a whole row.
        share: share of the patches that count, rounded up to whole patches, in (0, 1].

    Returns:
        The means, (B,).

    Raises:
        ValueError: If `share` is out of its range.

    Example:
        >>> import torch
        >>> row = torch.tensor([[1.0, 4.0, torch.nan, 2.0, 3.0]])
        >>> mean_of_highest(row), mean_of_highest(row, share=0.5)
        (tensor([2.5000]), tensor([3.5000]))
    """
    if not 0 < share <= 1:
        raise ValueError(f"`share` must be in (0, 1], got {share}")
    counted = values.isfinite()
    ranked = values.where(counted, -math.inf).sort(dim=1, descending=True).values
    highest = (share * counted.sum(dim=1)).ceil()
    taken = highest.new_ones(values.shape).cumsum(dim=1) <= highest[:, None]
    return ranked.where(taken, 0).sum(dim=1) / highest
