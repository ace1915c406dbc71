"""A study's records, looked up by method, condition and slice."""

import json
from collections.abc import Sequence
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np

from experiments.study.condition import Condition
from experiments.study.files import MEASURED, RESULTS, STUDY, TRIALS
from experiments.study.ledger import Record, read_ledgers
from experiments.study.paired import by_subject
from experiments.study.plan import plan_of
from monai_blurvae.files import read_record, replacing


class Results:
    """The records of the methods that a study last asked for.

    Of several records of one slice the last counts; those of other settings or weight files do not.

    Args:
        folder: the study's output.

    Raises:
        ValueError: If no study was started there.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / STUDY
        if not path.is_file():
            raise ValueError(f"`output_dir` must hold {STUDY}, which a study writes, got {folder}")
        self.folder = folder
        self.facts = read_record(path)
        self.plan = plan_of(self.facts["plan"], str(path))
        self.methods = [method.name for method in self.plan.methods]
        self._trials = self._records(TRIALS)
        self._results = self._records(RESULTS)

    def values(self, method: str, condition: Condition, measure: str) -> dict[tuple[str, float], float]:
        """Look up a measure.

        Args:
            method: its name.
            condition: of the measurement.
            measure: "nrmse", "psnr", "ssim" or "seconds".

        Returns:
            (Subject, fraction) to value, of the test slices that the study asks for and that are done.
        """
        return {
            (record["subject"], record["fraction"]): record[measure]
            for record in self._results.get((method, condition), ())
            if record["fraction"] in self.plan.fractions
        }

    def mean(self, method: str, condition: Condition, measure: str) -> float | None:
        """Average a measure over subjects, each the mean over its slices.

        Args:
            method: its name.
            condition: of the measurement.
            measure: which one.

        Returns:
            The mean; None where nothing is done.
        """
        values = self.values(method, condition, measure)
        return float(np.mean(list(by_subject(values).values()))) if values else None

    def best(self, methods: Sequence[str], condition: Condition) -> str | None:
        """Find the method of the least mean NRMSE.

        Args:
            methods: names to choose from.
            condition: of the measurement.

        Returns:
            Its name; None where none is done.
        """
        means = {method: self.mean(method, condition, "nrmse") for method in methods}
        known = {name: value for name, value in means.items() if value is not None and not isnan(value)}
        return min(known, key=lambda method: known[method]) if known else None

    def weights(self) -> list[Record]:
        """List the weights chosen.

        Returns:
            For every method and condition: the weight, and the tuning slices' mean NRMSE in percent of every
            weight that was tried.
        """
        found = []
        for (method, condition), records in self._results.items():
            errors: dict[float, list[float]] = {}
            for record in self._trials.get((method, condition), ()):
                errors.setdefault(record["weight"], []).append(record["nrmse"])
            tried = {f"{weight:g}": float(np.mean(errors[weight])) for weight in sorted(errors)}
            found.append(
                {"method": method, **condition._asdict(), "weight": records[-1]["weight"], "tried": tried}
            )
        return found

    def held_back(self, method: str) -> Record | None:
        """Look up a method's reconstruction of the measured k-space.

        Args:
            method: its name.

        Returns:
            The record; None where there is none.
        """
        identity = self.facts["measured"].get(method)
        found = [
            record
            for record in read_ledgers(self.folder, MEASURED)
            if record["identity"] == identity and record["use"] == "held_back"
        ]
        return found[-1] if found else None

    def expected(self) -> int:
        """Count the test slices of all methods and conditions.

        Returns:
            Their number.
        """
        plan = self.plan
        slices = len(self.facts["test"]) * len(plan.fractions)
        return len(plan.conditions) * len(plan.methods) * slices

    def done(self) -> int:
        """Count those of them that are done.

        Returns:
            Their number.
        """
        return sum(
            len(self.values(method, condition, "nrmse"))
            for method in self.methods
            for condition in self.plan.conditions
        )

    def _records(self, name: str) -> dict[tuple[str, Condition], list[Record]]:
        names = {identity: method for method, identity in self.facts["identities"].items()}
        found: dict[tuple[str, Condition], list[Record]] = {}
        for record in read_ledgers(self.folder, name):
            if record["identity"] in names:
                condition = Condition(*(record[field] for field in Condition._fields))
                found.setdefault((names[record["identity"]], condition), []).append(record)
        return found


def write_study(
    folder: Path,
    content: dict[str, Any],
    identities: dict[str, str],
    measured: dict[str, str],
    test: Sequence[str],
    **facts: object,
) -> None:
    """Write down what a start asks for.

    Args:
        folder: the study's output.
        content: of the study file.
        identities: method to the identity of its records.
        measured: the same of the measured k-space; empty without.
        test: names of the test subjects.
        facts: whatever else the report says.
    """
    study = {"plan": content, "identities": identities, "measured": measured, "test": [*test], **facts}
    with replacing(folder / STUDY) as path:
        path.write_text(json.dumps(study, indent=4) + "\n")
