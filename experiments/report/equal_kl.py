"""Methods at one rate: a measure as a function of the KL, linear in log KL between runs of a beta sweep."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from experiments.report.paper import OURS
from experiments.report.run import Run
from experiments.report.seeds import Estimate, over_seeds
from experiments.report.setup import Setup


class Reading(NamedTuple):
    """A measure at a KL."""

    estimate: Estimate | None
    """None where no two runs lie on either side of it, or they lack the measure."""
    why_not: str | None


class CommonKL(NamedTuple):
    """The KL that methods are compared at."""

    kl: float
    lowest: float
    highest: float
    methods: tuple[str, ...]
    """Those with runs on both sides."""


def interpolate(kls: Sequence[float], values: Sequence[float], kl: float) -> float | None:
    """Read a curve, piecewise linear in log KL; never beyond its ends.

    Args:
        kls: the runs' KL, in nats, in any order; runs of 0 nats have no logarithm and are left out.
        values: the runs' measure.
        kl: where to read, in nats.

    Returns:
        The value between the two nearest runs; None outside of all runs.

    Example:
        >>> round(interpolate([1.0, 100.0], [0.0, 2.0], 10.0), 12)
        1.0
    """
    points = sorted((x, y) for x, y in zip(kls, values, strict=True) if x > 0)
    if not points or not points[0][0] <= kl <= points[-1][0]:
        return None
    x, y = np.array(points).T
    return float(np.interp(np.log(kl), np.log(x), y))


def _curves(runs: Sequence[Run], name: str) -> dict[int, list[tuple[float, float]]]:
    """A measure against the KL, a curve for each seed.

    Args:
        runs: runs of one method.
        name: the measure's name.

    Returns:
        Seed to the pairs of KL, in nats, and measure.
    """
    seeds: dict[int, list[tuple[float, float]]] = {}
    for run in runs:
        kl, value = run.value("kl").mean, run.value(name).mean
        if kl is not None and kl > 0 and value is not None:
            seeds.setdefault(run.seed, []).append((kl, value))
    return seeds


def kl_range(runs: Sequence[Run]) -> tuple[float, float] | None:
    """Find where a method can be read: the widest range of KL that one seed's runs span.

    Args:
        runs: runs of one method.

    Returns:
        Lowest and highest KL, in nats; None where no run has a positive one.
    """
    ranges = [(min(curve)[0], max(curve)[0]) for curve in _curves(runs, "kl").values()]
    return max(ranges, key=lambda ends: ends[1] / ends[0], default=None)


def seed_values(runs: Sequence[Run], name: str, kl: float) -> dict[int, float | None]:
    """Read a measure of a method at a KL in each seed's sweep.

    Args:
        runs: runs of one method.
        name: the measure's name.
        kl: where to read, in nats.

    Returns:
        Seed to the measure, None where the seed's runs do not lie on both sides.
    """
    curves = _curves(runs, name).items()
    return {seed: interpolate([x for x, _ in curve], [y for _, y in curve], kl) for seed, curve in curves}


def read_at(runs: Sequence[Run], name: str, kl: float) -> Reading:
    """Read a measure of a method at a KL: interpolated in each seed's sweep, then over seeds.

    Args:
        runs: runs of one method.
        name: the measure's name.
        kl: where to read, in nats.

    Returns:
        The measure, or why there is none.
    """
    curves = _curves(runs, name)
    if not curves:
        reasons = [run.value(name).why_not for run in runs]
        return Reading(None, f"not computed: {next(filter(None, reasons), 'no run has a positive KL')}")
    inside = [value for value in seed_values(runs, name, kl).values() if value is not None]
    if inside:
        return Reading(over_seeds(inside), None)
    lowest, highest = max(
        ((min(curve)[0], max(curve)[0]) for curve in curves.values()), key=lambda ends: ends[1] / ends[0]
    )
    if lowest == highest:
        return Reading(None, f"one KL, {lowest:.1f} nats")
    return Reading(None, f"outside {lowest:.1f}–{highest:.1f} nats")


def common_kl(setup: Setup) -> CommonKL | None:
    """Choose the KL to compare at: where most methods have runs on both sides, Wiener blur among them.

    Of all such KLs it is the geometric middle; of several ranges with as many methods, of the widest.

    Args:
        setup: the runs to compare.

    Returns:
        The KL; None where no two methods share one.
    """
    found = {method: kl_range(setup.of(method)) for method in setup.methods}
    ranges = {method: ends for method, ends in found.items() if ends is not None and ends[1] > ends[0]}
    edges = sorted({edge for ends in ranges.values() for edge in ends})
    best: CommonKL | None = None
    for low, high in pairwise(edges):
        inside = tuple(name for name, ends in ranges.items() if ends[0] <= low and high <= ends[1])
        if len(inside) < 2 or (OURS in ranges and OURS not in inside):
            continue
        candidate = CommonKL(float(np.sqrt(low * high)), low, high, inside)
        if best is None or (len(inside), high / low) > (len(best.methods), best.highest / best.lowest):
            best = candidate
    return best
