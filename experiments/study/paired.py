"""Two methods on the same slices: the difference by subject, with its interval."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from experiments.report.seeds import Estimate, over_seeds

Values = Mapping[tuple[str, float], float]
"""(Subject, fraction) to a value."""


class Paired(NamedTuple):
    """Differences of one method to another on the slices that both reconstructed."""

    estimate: Estimate
    """Mean over subjects, each the mean over its slices, with the 95 % t-interval over subjects."""
    won: int
    """Slices in which the first is smaller."""
    slices: int


def by_subject(values: Values) -> dict[str, float]:
    """Average over each subject's slices.

    Args:
        values: of slices.

    Returns:
        Subject to mean, in the order of their names.

    Example:
        >>> by_subject({("b", 0.5): 1.0, ("a", 0.4): 2.0, ("a", 0.6): 4.0})
        {'a': 3.0, 'b': 1.0}
    """
    subjects = sorted({subject for subject, _ in values})
    return {
        subject: float(np.mean([value for (name, _), value in values.items() if name == subject]))
        for subject in subjects
    }


def paired(one: Values, other: Values) -> Paired | None:
    """Compare two methods slice by slice.

    Slices of a subject resemble each other, so subjects are the units of the interval, not slices.

    Args:
        one: of the first method.
        other: of the second.

    Returns:
        First minus second; None where they have no slice in common.

    Example:
        >>> paired({("a", 0.5): 1.0, ("b", 0.5): 2.0}, {("a", 0.5): 2.0, ("b", 0.5): 3.0}).estimate.mean
        -1.0
    """
    differences = {key: value - other[key] for key, value in one.items() if key in other}
    if not differences:
        return None
    won = sum(difference < 0 for difference in differences.values())
    return Paired(over_seeds(list(by_subject(differences).values())), won, len(differences))
