"""The best weight from a grid, which grows where the best lies at its edge."""

import math
from collections.abc import Callable, Mapping, Sequence

STEP = 10.0
"""Factor from one weight to the next where the grid itself has none."""


def best_weight(
    grid: Sequence[float], error: Callable[[float], float], extensions: int
) -> tuple[float, dict[float, float]]:
    """Choose the weight of the least error.

    Args:
        grid: weights, at least one, ascending.
        error: error of a weight; NaN counts as infinite.
        extensions: how many weights may be added beyond the grid.

    Returns:
        The weight and the errors of all that were tried; with one weight nothing is tried.

    Example:
        >>> best_weight([1, 2, 4], lambda weight: abs(weight - 9), extensions=2)
        (8.0, {1: 8, 2: 7, 4: 5, 8.0: 1.0, 16.0: 7.0})
    """
    if len(grid) == 1:
        return grid[0], {}
    errors = {weight: error(weight) for weight in grid}
    for _ in range(extensions):
        new = beyond(sorted(errors), least(errors))
        if new is None:
            break
        errors[new] = error(new)
    return least(errors), errors


def least(errors: Mapping[float, float]) -> float:
    """Find the weight of the least error, the smallest of several.

    Args:
        errors: weight to error, at least one.

    Returns:
        The weight.
    """
    return min(sorted(errors), key=lambda weight: math.inf if math.isnan(errors[weight]) else errors[weight])


def beyond(weights: Sequence[float], best: float) -> float | None:
    """Give the next weight beyond the edge that the best lies at, in the step of its neighbour.

    Args:
        weights: tried, ascending, at least two.
        best: the best of them.

    Returns:
        A weight of 6 digits; None where the best is no edge, or 0, which nothing lies below.

    Example:
        >>> beyond([1, 3, 9], 9), beyond([1, 3, 9], 1), beyond([1, 3, 9], 3), beyond([0, 1], 0)
        (27.0, 0.333333, None, None)
    """
    if best == weights[-1]:
        step = weights[-1] / weights[-2] if weights[-2] > 0 else STEP
        return float(f"{best * step:.6g}")
    if best == weights[0] and best > 0:
        return float(f"{best * weights[0] / weights[1]:.6g}")
    return None
