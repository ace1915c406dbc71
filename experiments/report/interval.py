"""Means over seeds or subjects with their 95 % t-intervals."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

LEVEL = 0.95


class Estimate(NamedTuple):
    """A mean over seeds or subjects."""

    mean: float
    half_width: float | None
    """Of the 95 % t-interval; None for one value."""
    number: int

    @property
    def decided(self) -> bool:
        """Whether the interval excludes 0; never for one value."""
        return self.half_width is not None and abs(self.mean) > self.half_width


def estimate(values: Sequence[float]) -> Estimate:
    """Estimate a mean, with the half-width t(n - 1) s / sqrt(n) of its interval.

    Example:
        >>> estimate([2.0, 2.0, 2.0])
        Estimate(mean=2.0, half_width=0.0, number=3)
    """
    count = len(values)
    if count == 0:
        raise ValueError(f"`values` must hold a value for each seed or subject, got {values!r}")
    half = None
    if count > 1:
        half = float(stats.t.ppf((1 + LEVEL) / 2, count - 1) * stats.sem(values))
    return Estimate(float(np.mean(values)), half, count)
