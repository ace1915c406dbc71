"""Areas under ROC curves of slices that come in subjects, with intervals over subjects."""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from experiments.report.measures import LEVEL


class Statistic(NamedTuple):
    """A number, and how much each subject moves it."""

    value: float
    influence: NDArray[np.float64]
    """The subjects' shares in its error, of sum 0, (S,): first-order terms."""

    def __sub__(self, other: "Statistic") -> "Statistic":
        """Subtract another statistic of the same subjects: what the two have in common cancels."""
        return Statistic(self.value - other.value, self.influence - other.influence)

    def interval(self) -> tuple[float, float]:
        """Give the ends of the 95 % t-interval over S subjects; infinite for one subject."""
        subjects = len(self.influence)
        if subjects == 1:
            return -math.inf, math.inf
        error = np.sqrt(subjects / (subjects - 1) * np.square(self.influence).sum())
        half = float(stats.t.ppf((1 + LEVEL) / 2, subjects - 1) * error)
        return self.value - half, self.value + half

    def numbers(self) -> dict[str, float | None]:
        """Give the number and the interval's ends, for JSON."""
        low, high = (end if math.isfinite(end) else None for end in self.interval())
        return {"value": self.value, "low": low, "high": high}

    def __str__(self) -> str:
        """Write the number and half the interval, where there is one."""
        half = self.interval()[1] - self.value
        return f"{self.value:z.2f} ± {half:.2f}" if math.isfinite(half) else f"{self.value:z.2f}"


def auroc(damaged: "pd.Series[float]", clean: "pd.Series[float]") -> Statistic:
    """Compute P(score of a damaged slice > score of a clean one), ties counting half.

    DeLong's variance from placements, summed within subjects, since a subject's slices go together.

    References:
        Obuchowski, Nonparametric Analysis of Clustered ROC Curve Data, Biometrics 53, 1997.

    Example:
        >>> scores = pd.Series([1.0, 3.0, 5.0], index=["a", "a", "b"])
        >>> auroc(scores, pd.Series([2.0, 4.0], index=["a", "b"])).value
        0.5
    """
    groups = [[own.to_numpy() for _, own in scores.groupby(level=0)] for scores in (damaged, clean)]
    wins = np.array(
        [[stats.mannwhitneyu(p, n, method="asymptotic").statistic for n in groups[1]] for p in groups[0]]
    )
    m, n = (np.array([len(values) for values in group]) for group in groups)
    value = float(wins.sum() / (m.sum() * n.sum()))
    damaged_placements = (wins.sum(axis=1) / n.sum() - m * value) / m.sum()
    clean_placements = (wins.sum(axis=0) / m.sum() - n * value) / n.sum()
    return Statistic(value, damaged_placements + clean_placements)


def mean(values: "pd.Series[float]") -> Statistic:
    """Average over slices, indexed by subject."""
    value = float(values.mean())
    return Statistic(value, (values - value).groupby(level=0).sum().to_numpy() / len(values))


def reversed_auroc(area: Statistic) -> Statistic:
    """Give the AUROC of the score's negative."""
    return Statistic(1 - area.value, -area.influence)
