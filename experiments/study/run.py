"""A study's reconstructions: weights chosen on tuning slices, then every test slice by every method."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor
from tqdm import tqdm

from experiments.study.acquisition import acquire
from experiments.study.condition import Condition
from experiments.study.files import REFERENCE, RESULTS, TRIALS, image_file
from experiments.study.ledger import Ledger, Record, digest, read_ledgers
from experiments.study.methods import Runnable
from experiments.study.plan import Plan
from experiments.study.slices import References, Slice
from experiments.study.tuning import best_weight
from monai_blurvae.files import replacing
from monai_blurvae.inference.scans.quality import quality

Key = tuple[str, Condition, str, float, float]
"""Identity, condition, subject, fraction, weight."""


def identity_of(runnable: Runnable, plan: Plan, references: References) -> str:
    """Name a method with its settings, its weight file and the simulation: results of one name agree.

    Args:
        runnable: the method.
        plan: the study.
        references: how slices are read.

    Returns:
        Twelve letters.
    """
    simulation = sorted(plan.simulation.items())
    return digest(runnable.method.name, runnable.identity, plan.seed, simulation, references.preprocessing)


def key_of(record: Record) -> Key:
    """Name what a record is the result of.

    Args:
        record: a line of a ledger.

    Returns:
        The key.
    """
    condition = Condition(*(record[name] for name in Condition._fields))
    return record["identity"], condition, record["subject"], record["fraction"], record["weight"]


def save_image(folder: Path, name: str, x: Tensor) -> None:
    """Store an image's magnitudes for figures.

    Args:
        folder: the study's output.
        name: what it shows.
        x: complex image, (1, 1, H, W).
    """
    with replacing(image_file(folder, name)) as path:
        np.save(path, x[0, 0].abs().cpu().numpy())


class Run:
    """The reconstructions of one study, or of a part of it.

    Parts share the conditions, every so manyth each: weights are chosen by condition, so no part waits for
    another.

    Args:
        plan: the study.
        methods: ready to run.
        references: reads slices.
        tuning: slices that weights are chosen on.
        test: slices that results are reported on, subject by subject.
        folder: the study's output.
        part: (n, m) for part n of m; None: all of it.
        device: where reconstructions are computed.
    """

    def __init__(
        self,
        plan: Plan,
        methods: Sequence[Runnable],
        references: References,
        tuning: Sequence[Slice],
        test: Sequence[Slice],
        folder: Path,
        part: tuple[int, int] | None = None,
        device: str = "cpu",
    ) -> None:
        self.plan = plan
        self.methods = methods
        self.references = references
        self.tuning = tuning
        self.test = test
        self.folder = folder
        self.device = device
        first, step = (0, 1) if part is None else (part[0] - 1, part[1])
        self.conditions = plan.conditions[first::step]
        self.identities = [identity_of(runnable, plan, references) for runnable in methods]
        self._ledgers = {name: Ledger(folder, name, part) for name in (TRIALS, RESULTS)}
        self._done = {
            name: {key_of(record): record for record in read_ledgers(folder, name)} for name in self._ledgers
        }
        self._bar: tqdm[Any] = tqdm(disable=True)

    def missing(self) -> int:
        """Count the reconstructions to do, without those that an extension of a grid adds.

        Returns:
            Their number.
        """
        trials = self._done[TRIALS].keys()
        results = {key[:4] for key in self._done[RESULTS]}
        count = 0
        for condition in self.conditions:
            for runnable, identity in zip(self.methods, self.identities, strict=True):
                grid = runnable.method.weights
                if len(grid) > 1:
                    count += sum(
                        (identity, condition, item.subject, item.fraction, weight) not in trials
                        for item in self.tuning
                        for weight in grid
                    )
                count += sum(
                    (identity, condition, item.subject, item.fraction) not in results for item in self.test
                )
        return count

    def __call__(self) -> int:
        """Do what is missing, under a bar with the remaining time.

        Returns:
            How many reconstructions were computed.
        """
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
            errors = [
                self._measured(TRIALS, condition, runnable, identity, item, weight)["nrmse"]
                for item in self.tuning
            ]
            return float(np.mean(errors))

        weight, _ = best_weight(runnable.method.weights, error, self.plan.tuning["extensions"])
        for item in self.test:
            self._measured(RESULTS, condition, runnable, identity, item, weight)

    def _measured(
        self, name: str, condition: Condition, runnable: Runnable, identity: str, item: Slice, weight: float
    ) -> Record:
        key = (identity, condition, item.subject, item.fraction, weight)
        shown = name == RESULTS and self._is_shown(condition, item)
        picture = image_file(self.folder, runnable.method.name)
        if key in self._done[name] and (not shown or picture.is_file()):
            return self._done[name][key]
        x = self.references(item)
        seed = (self.plan.seed, item.subject, item.fraction)
        y, encoding = acquire(x, condition, self.plan.simulation["centre_lines"], *seed)
        y, encoding = y.to(self.device), encoding.to(self.device)
        start = time.perf_counter()
        x_hat = runnable.reconstruct(y, encoding, weight).cpu()
        seconds = time.perf_counter() - start
        if shown:
            save_image(self.folder, runnable.method.name, x_hat)
            save_image(self.folder, REFERENCE, x)
        record: Record = {
            "method": runnable.method.name,
            "identity": identity,
            **condition._asdict(),
            "subject": item.subject,
            "fraction": item.fraction,
            "weight": weight,
            **quality(x_hat, x)._asdict(),
            "seconds": seconds,
        }
        self._ledgers[name].append(record)
        self._done[name][key] = record
        self._bar.total = max(self._bar.total or 0, self._bar.n + 1)
        self._bar.update()
        return record

    def _is_shown(self, condition: Condition, item: Slice) -> bool:
        figure = self.plan.figure
        wanted = Condition(*(figure[name] for name in Condition._fields))
        index = figure["subject"] * len(self.plan.fractions) + figure["slice"]
        return condition == wanted and index < len(self.test) and item == self.test[index]
