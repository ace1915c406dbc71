"""A study's reconstructions: weights chosen on tuning slices, then every test slice by every method."""

import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from experiments.lines import Record
from experiments.study.methods import Runnable
from experiments.study.plan import Condition, Plan
from experiments.study.records import (
    REFERENCE,
    RESULTS,
    TRIALS,
    append,
    digest,
    image_file,
    ledger_file,
    read_ledgers,
    save_image,
    whole,
)
from experiments.study.slices import References, Slice, acquire
from monai_blurvae.inference.scans.quality import quality

STEP = 10.0
"""Factor from one weight to the next where the grid has none."""


class Slices(NamedTuple):
    """The slices of a study."""

    tuning: Sequence[Slice]
    """Those that weights are chosen on."""
    test: Sequence[Slice]
    """Those that results are reported on, subject by subject."""


class Run:
    """The reconstructions of one study, or of part n of m: weights belong to a condition, and so do parts.

    Args:
        plan: the study.
        methods: ready to run.
        references: reads slices.
        slices: what is reconstructed.
        folder: the study's output.
        part: (n, m); None: all of it.
        device: where reconstructions are computed.
    """

    def __init__(
        self,
        plan: Plan,
        methods: Sequence[Runnable],
        references: References,
        slices: Slices,
        folder: Path,
        part: tuple[int, int] | None = None,
        device: str = "cpu",
    ) -> None:
        self.plan = plan
        self.methods = methods
        self.references = references
        self.slices = slices
        self.folder = folder
        self.part = part
        self.device = device
        first, step = (0, 1) if part is None else (part[0] - 1, part[1])
        self.conditions = plan.all_conditions[first::step]
        simulation = sorted(plan.simulation.model_dump(exclude_defaults=True).items())
        shared = (plan.seed, simulation, references.preprocessing)
        self.identities = [digest(item.method.name, item.identity, *shared) for item in methods]
        self._done: dict[str, dict[tuple[Any, ...], Record]] = {}
        for name in (TRIALS, RESULTS):
            found = [(Condition.of(item), item) for item in read_ledgers(folder, name, whole).records]
            self._done[name] = {
                (item["identity"], condition, item["subject"], item["fraction"], item["weight"]): item
                for condition, item in found
            }
        self._bar: tqdm[Any] = tqdm(disable=True)

    def missing(self) -> int:
        """Count the reconstructions to do, without those that an extension of a grid adds."""
        trials, results = self._done[TRIALS], {key[:4] for key in self._done[RESULTS]}
        count = 0
        for condition in self.conditions:
            for runnable, identity in zip(self.methods, self.identities, strict=True):
                for item in self.slices.test:
                    count += (identity, condition, *item.key) not in results
                for weight in runnable.method.grid if len(runnable.method.grid) > 1 else ():
                    for item in self.slices.tuning:
                        count += (identity, condition, *item.key, weight) not in trials
        return count

    def __call__(self) -> int:
        """Do what is missing, under a bar; give the number of reconstructions computed."""
        total = self.missing()
        sys.stdout.write(f"{total} reconstructions to do, in {len(self.conditions)} conditions\n")
        sys.stdout.flush()
        with tqdm(total=total, desc="Reconstructing", mininterval=1) as self._bar:
            for condition in self.conditions:
                for runnable, identity in zip(self.methods, self.identities, strict=True):
                    self._method(condition, runnable, identity)
            return int(self._bar.n)

    def _method(self, condition: Condition, runnable: Runnable, identity: str) -> None:
        def error(weight: float) -> float:
            tuning = self.slices.tuning
            records = [self._record(TRIALS, condition, runnable, identity, item, weight) for item in tuning]
            return float(np.mean([record["nrmse"] for record in records]))

        weight, _ = best_weight(runnable.method.grid, error, self.plan.tuning.extensions)
        for item in self.slices.test:
            self._record(RESULTS, condition, runnable, identity, item, weight)

    def _record(
        self, name: str, condition: Condition, runnable: Runnable, identity: str, item: Slice, weight: float
    ) -> Record:
        key = (identity, condition, *item.key, weight)
        shown = name == RESULTS and self._is_shown(condition, item)
        picture = image_file(self.folder, runnable.method.name)
        if key in self._done[name] and (not shown or picture.is_file()):
            return self._done[name][key]
        x = self.references(item)
        y, encoding = acquire(x, condition, self.plan.simulation.centre_lines, self.plan.seed, *item.key)
        y, encoding = y.to(self.device), encoding.to(self.device)
        start = time.perf_counter()
        x_hat = runnable.reconstruct(y, encoding, weight).cpu()
        seconds = time.perf_counter() - start
        if shown:
            save_image(self.folder, runnable.method.name, x_hat)
            save_image(self.folder, REFERENCE, x)
        record: Record = {"method": runnable.method.name, "identity": identity, **condition._asdict()}
        record |= {"subject": item.subject, "fraction": item.fraction, "weight": weight}
        record |= {**quality(x_hat, x)._asdict(), "seconds": seconds}
        append(ledger_file(self.folder, name, self.part), record)
        self._done[name][key] = record
        self._bar.total = max(self._bar.total or 0, self._bar.n + 1)
        self._bar.update()
        return record

    def _is_shown(self, condition: Condition, item: Slice) -> bool:
        figure, test = self.plan.figure, self.slices.test
        index = figure.subject * len(self.plan.fractions) + figure.slice
        return condition == figure.condition and index < len(test) and item == test[index]


def best_weight(
    grid: Sequence[float], error: Callable[[float], float], extensions: int
) -> tuple[float, dict[float, float]]:
    """Choose the weight of the smallest error from a grid, which grows where the best lies at its edge.

    Example:
        >>> best_weight([1, 2, 4], lambda weight: abs(weight - 9), extensions=2)
        (8.0, {1: 8, 2: 7, 4: 5, 8.0: 1.0, 16.0: 7.0})
    """
    if len(grid) == 1:
        return grid[0], {}
    errors = {weight: error(weight) for weight in grid}
    for _ in range(extensions):
        new = beyond(sorted(errors), _smallest(errors))
        if new is None:
            break
        errors[new] = error(new)
    return _smallest(errors), errors


def beyond(weights: Sequence[float], best: float) -> float | None:
    """Give the next weight beyond the edge that the best lies at, in the step of its neighbour.

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


def _smallest(errors: Mapping[float, float]) -> float:
    """The weight of the smallest error; the smallest of several."""
    return min(sorted(errors), key=lambda weight: math.inf if math.isnan(errors[weight]) else errors[weight])
