"""Areas under ROC curves of slices that come in subjects, and intervals that know it."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu, t

Values = NDArray[np.float64]
LEVEL = 0.95


class Statistic(NamedTuple):
    """A number, and how much each subject moves it."""

    value: float
    """The number."""
    influence: Values
    """The subjects' shares in its error, of sum 0, (S,): first-order terms, one a subject."""

    def __sub__(self, other: "Statistic") -> "Statistic":
        """Subtract another statistic of the same subjects.

        Args:
            other: the other.

        Returns:
            The difference: what the two have in common cancels.
        """
        return Statistic(self.value - other.value, self.influence - other.influence)

    def interval(self) -> tuple[float, float]:
        """Give the 95 % interval: t of S - 1 degrees of freedom, with subjects as what was drawn.

        Returns:
            Its ends; infinite for one subject, which says nothing of others.
        """
        subjects = len(self.influence)
        if subjects == 1:
            return -math.inf, math.inf
        error = np.sqrt(subjects / (subjects - 1) * np.square(self.influence).sum())
        half = float(t.ppf((1 + LEVEL) / 2, subjects - 1) * error)
        return self.value - half, self.value + half

    def __str__(self) -> str:
        """Write it.

        Returns:
            The number and half the interval, where there is one, with two digits.
        """
        half = self.interval()[1] - self.value
        return f"{self.value:z.2f} ± {half:.2f}" if math.isfinite(half) else f"{self.value:z.2f}"


def auroc(damaged: Mapping[str, Values], clean: Mapping[str, Values]) -> Statistic:
    """Compute P(score of a damaged slice > score of a clean one), ties counting half.

    DeLong's variance from placements, summed within subjects since a subject's slices go together, damaged
    and clean.

    Args:
        damaged: subject to scores.
        clean: the same subjects to scores.

    Returns:
        The AUROC.

    References:
        Obuchowski, Nonparametric Analysis of Clustered ROC Curve Data, Biometrics 53, 1997.

    Example:
        >>> scores = {"a": np.array([1.0, 3.0]), "b": np.array([5.0])}
        >>> auroc(scores, {"a": np.array([2.0]), "b": np.array([4.0])}).value
        0.5
    """
    wins = np.array(
        [
            [mannwhitneyu(p, n, method="asymptotic").statistic for n in clean.values()]
            for p in damaged.values()
        ]
    )
    m, n = (np.array([len(values) for values in group.values()]) for group in (damaged, clean))
    value = float(wins.sum() / (m.sum() * n.sum()))
    damaged_placements = (wins.sum(axis=1) / n.sum() - m * value) / m.sum()
    clean_placements = (wins.sum(axis=0) / m.sum() - n * value) / n.sum()
    return Statistic(value, damaged_placements + clean_placements)


def mean(values: Mapping[str, Values]) -> Statistic:
    """Average over slices.

    Args:
        values: subject to one number a slice.

    Returns:
        The mean.
    """
    totals = np.array([own.sum() for own in values.values()])
    sizes = np.array([len(own) for own in values.values()])
    value = float(totals.sum() / sizes.sum())
    return Statistic(value, (totals - sizes * value) / sizes.sum())


def reversed_auroc(area: Statistic) -> Statistic:
    """Give the AUROC of the score's negative.

    Args:
        area: the AUROC.

    Returns:
        1 - AUROC.
    """
    return Statistic(1 - area.value, -area.influence)
