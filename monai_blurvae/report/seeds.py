"""What several seeds say of one number: its mean and how far that may be off."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

LEVEL = 0.95


class Estimate(NamedTuple):
    """A number over seeds."""

    mean: float
    half_width: float | None
    """Of the 95 % t-interval of the mean; None with one seed."""
    seeds: int
    std: float | None = None
    """Over the test images, the seeds' mean; None where the measure is not one of single images."""


def over_seeds(values: Sequence[float], stds: Sequence[float | None] = ()) -> Estimate:
    """Estimate a number's mean over seeds, mean ± t(n - 1) s / sqrt(n), s the standard deviation of n values.

    Args:
        values: one a seed.
        stds: their standard deviations over images, None where there is none.

    Returns:
        The mean and its interval.

    Raises:
        ValueError: If there is no value.

    Example:
        >>> over_seeds([2.0, 2.0, 2.0])
        Estimate(mean=2.0, half_width=0.0, seeds=3, std=None)
    """
    if not values:
        raise ValueError(f"`values` must hold one value a seed, got {values!r}")
    count = len(values)
    half_width = None
    if count > 1:
        quantile = float(stdtrit(count - 1, (1 + LEVEL) / 2))
        half_width = quantile * float(np.std(values, ddof=1)) / count**0.5
    known = [std for std in stds if std is not None]
    return Estimate(float(np.mean(values)), half_width, count, float(np.mean(known)) if known else None)
