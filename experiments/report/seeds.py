"""What several seeds say of one number: its mean and how far that may be off."""

from collections.abc import Mapping, Sequence
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


def told_apart(one: Mapping[int, float], other: Mapping[int, float]) -> bool:
    """Tell whether seeds decide which of two numbers is the larger.

    Where both have two seeds in common, by the 95 % t-interval of their differences seed by seed; else by
    whether the intervals of their means overlap.

    Args:
        one: seed to value.
        other: the same of another method.

    Returns:
        The answer; True where neither has several seeds, as then nothing speaks against it.
    """
    common = sorted(one.keys() & other.keys())
    if len(common) > 1:
        difference = over_seeds([one[seed] - other[seed] for seed in common])
        return abs(difference.mean) > (difference.half_width or 0.0)
    first, second = over_seeds(list(one.values())), over_seeds(list(other.values()))
    if first.half_width is None and second.half_width is None:
        return True
    return abs(first.mean - second.mean) > (first.half_width or 0.0) + (second.half_width or 0.0)
