"""Methods compared: each at its chosen beta, and all at one KL, read between the runs of a beta sweep."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from experiments.report.measures import MEASURES, Estimate, Measure, estimate
from experiments.report.paper import OURS, PaperRow, counterpart, rows_beside
from experiments.report.runs import Run, Setup

Curve = list[tuple[float, float]]
"""Pairs of KL, in nats, and a measure."""


class Choice(NamedTuple):
    """The beta that a method is shown at."""

    beta: float
    at_edge: bool
    """Whether it is the smallest or the largest of several: a wider sweep may find a better one."""


class CommonKL(NamedTuple):
    """The KL that methods are compared at."""

    kl: float
    lowest: float
    highest: float
    methods: tuple[str, ...]
    """Those with runs on both sides."""


class Difference(NamedTuple):
    """A method beside the reference at one KL."""

    method: str
    kl: float
    levels: Mapping[str, float]
    """The method's own mean over seeds, by measure."""
    values: Mapping[str, Estimate]
    """The method minus the reference, in pairs of one seed, by measure."""

    @property
    def seeds(self) -> int:
        """Number of pairs."""
        return max(item.number for item in self.values.values())


@dataclass(frozen=True)
class Group:
    """Runs that may be compared."""

    setup: Setup
    runs: tuple[Run, ...]

    @property
    def methods(self) -> tuple[str, ...]:
        """Labels of the methods: Wiener blur first, then by name."""
        return tuple(sorted({run.method for run in self.runs}, key=lambda name: (name != OURS, name.lower())))

    @property
    def counterpart(self) -> str | None:
        """The paper's data set that the runs stand beside; None for volumes and data of another kind."""
        return None if self.setup.size.count("x") > 1 else counterpart(self.setup.dataset)

    @property
    def paper_rows(self) -> tuple[PaperRow, ...]:
        """The paper's rows that the runs stand beside."""
        return rows_beside(self.setup.dataset, self.setup.network) if self.counterpart else ()

    def of(self, method: str, beta: float | None = None) -> tuple[Run, ...]:
        """Select runs."""
        chosen = [run for run in self.runs if run.method == method and beta in (None, run.beta)]
        return tuple(sorted(chosen, key=lambda run: (run.beta, run.seed)))

    def betas(self, method: str) -> tuple[float, ...]:
        """List the betas that a method ran with."""
        return tuple(sorted({run.beta for run in self.of(method)}))


def grouped(runs: Iterable[Run]) -> list[Group]:
    """Group runs into those that may be compared."""
    found: dict[Setup, list[Run]] = {}
    for run in runs:
        found.setdefault(run.setup, []).append(run)
    return [Group(setup, tuple(found[setup])) for setup in sorted(found, key=str)]


def criterion(group: Group) -> Measure:
    """Tell what beta is chosen by."""
    every = all(run.value("fid_samples").mean is not None for run in group.runs)
    return MEASURES["fid_samples" if every else "ssim"]


def choose_beta(group: Group, method: str) -> Choice | None:
    """Choose the beta that a method is shown at, by the mean over seeds."""
    measure, betas = criterion(group), group.betas(method)
    if len(betas) == 1:
        return Choice(betas[0], at_edge=False)
    scores = {}
    for beta in betas:
        known = [v for run in group.of(method, beta) if (v := run.value(measure.name).mean) is not None]
        if known:
            scores[beta] = measure.badness(float(np.mean(known)))
    if not scores:
        return None
    beta = min(scores, key=lambda beta: scores[beta])
    return Choice(beta, at_edge=beta in (betas[0], betas[-1]))


def interpolate(curve: Curve, kl: float) -> float | None:
    """Read a curve, piecewise linear in log KL; never beyond its ends.

    Example:
        >>> round(interpolate([(1.0, 0.0), (100.0, 2.0)], 10.0), 12)
        1.0
    """
    points = sorted((x, y) for x, y in curve if x > 0)
    if not points or not points[0][0] <= kl <= points[-1][0]:
        return None
    x, y = np.array(points).T
    return float(np.interp(np.log(kl), np.log(x), y))


def curves(runs: Iterable[Run], name: str) -> dict[int, Curve]:
    """Give a measure against the KL, a curve for each seed."""
    seeds: dict[int, Curve] = {}
    for run in runs:
        kl, value = run.value("kl").mean, run.value(name).mean
        if kl is not None and kl > 0 and value is not None:
            seeds.setdefault(run.seed, []).append((kl, value))
    return seeds


def seed_values(runs: Iterable[Run], name: str, kl: float) -> dict[int, float]:
    """Read a measure of a method at a KL in the sweep of each seed."""
    read = {seed: interpolate(curve, kl) for seed, curve in curves(runs, name).items()}
    return {seed: value for seed, value in read.items() if value is not None}


def kl_range(runs: Sequence[Run]) -> tuple[float, float] | None:
    """Find the widest range of KL that the runs of one seed span."""
    ranges = [(min(curve)[0], max(curve)[0]) for curve in curves(runs, "kl").values()]
    return max(ranges, key=lambda ends: ends[1] / ends[0], default=None)


def common_kl(group: Group) -> CommonKL | None:
    """Choose the KL to compare at: where most methods have runs on both sides, Wiener blur among them."""
    found = {method: kl_range(group.of(method)) for method in group.methods}
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


def differences(
    group: Group, reference: str, measures: Sequence[Measure], kl: float | None = None
) -> list[Difference]:
    """Compare every method with a reference at equal KL, in pairs of one seed.

    A method whose sweep does not reach the common KL is compared at the KL of each of its betas instead, run
    by run, between the runs of the reference.
    """
    common = common_kl(group)
    kl = kl or (common.kl if common else None)
    base = group.of(reference)
    found: list[Difference | None] = []
    for method in group.methods:
        runs = group.of(method)
        at_common = None if kl is None else _difference(method, [(runs, kl)], base, measures)
        if method != reference and at_common is not None:
            found.append(at_common)
        elif method != reference:
            for beta in group.betas(method):
                own = [([run], run.value("kl").mean or 0.0) for run in group.of(method, beta)]
                found.append(_difference(f"{method}, beta {beta:g}", own, base, measures))
    return [item for item in found if item is not None]


def _difference(
    method: str,
    parts: Sequence[tuple[Sequence[Run], float]],
    base: Sequence[Run],
    measures: Sequence[Measure],
) -> Difference | None:
    """Compare runs at the KL given with each; None where the reference has no runs at any of them."""
    pairs: dict[str, list[float]] = {}
    levels: dict[str, list[float]] = {}
    kls = []
    for runs, kl in parts:
        ours = {measure.name: seed_values(runs, measure.name, kl) for measure in measures}
        theirs = {measure.name: seed_values(base, measure.name, kl) for measure in measures}
        common = {name: ours[name].keys() & theirs[name].keys() for name in ours}
        if not any(common.values()):
            continue
        kls.append(kl)
        for name, seeds in common.items():
            levels.setdefault(name, []).extend(ours[name].values())
            pairs.setdefault(name, []).extend(ours[name][seed] - theirs[name][seed] for seed in sorted(seeds))
    if not kls:
        return None
    means = {name: float(np.mean(own)) for name, own in levels.items() if own}
    values = {name: estimate(own) for name, own in pairs.items() if own}
    return Difference(method, float(np.mean(kls)), means, values)
