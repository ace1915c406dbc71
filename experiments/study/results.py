"""A study's records, by method, condition and slice."""

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from experiments.checked import checked
from experiments.report.interval import Estimate, estimate
from experiments.study.ledger import MEASURED, RESULTS, STUDY, TRIALS, Record, read_ledgers
from experiments.study.plan import Condition, Plan
from monai_blurvae.files import read_record, replacing

SLICE = ["subject", "fraction"]


class Results:
    """The records of the methods that a study last asked for.

    Of several records of one slice the last counts; those of other settings or weight files do not.

    Args:
        folder: the study's output.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / STUDY
        if not path.is_file():
            raise ValueError(f"`output_dir` must hold {STUDY}, which a study writes, got {folder}")
        self.folder = folder
        self.facts = read_record(path)
        self.plan = checked(Plan, self.facts["plan"], str(path))
        self.methods = [method.name for method in self.plan.methods]
        self._trials, self._results = self._frames(TRIALS), self._frames(RESULTS)

    def values(self, method: str, condition: Condition, measure: str) -> "pd.Series[float]":
        """Look up "nrmse", "psnr", "ssim" or "seconds" of slices by subject and fraction."""
        frame = self._results.get((method, condition))
        if frame is None:
            return pd.Series(index=pd.MultiIndex.from_arrays([[], []], names=SLICE), dtype=float)
        frame = frame[frame.fraction.isin(self.plan.fractions)].drop_duplicates(SLICE, keep="last")
        return frame.set_index(SLICE)[measure].astype(float)

    def by_subject(self, method: str, condition: Condition, measure: str) -> "pd.Series[float]":
        """Average a measure over the slices of each subject."""
        return self.values(method, condition, measure).groupby(level="subject").mean()

    def mean(self, method: str, condition: Condition, measure: str) -> float | None:
        """Average a measure over subjects; None if nothing is done."""
        values = self.by_subject(method, condition, measure)
        return float(values.mean(skipna=False)) if len(values) else None

    def best(self, methods: Sequence[str], condition: Condition) -> str | None:
        """Find the method of the smallest mean NRMSE; None if none is done."""
        means = pd.Series({method: self.mean(method, condition, "nrmse") for method in methods}, dtype=float)
        return None if means.isna().all() else str(means.idxmin())

    def paired(self, method: str, other: str, condition: Condition) -> tuple[Estimate, int, int] | None:
        """Compare the NRMSE of two methods slice by slice.

        Slices of a subject resemble each other, so the interval is over subjects, each the mean over its
        slices.
        """
        difference = self.differences(method, other, condition)
        if difference.empty:
            return None
        means = difference.groupby(level="subject").mean()
        return estimate(list(means)), int((difference < 0).sum()), len(difference)

    def differences(self, method: str, other: str, condition: Condition) -> "pd.Series[float]":
        """Subtract the NRMSE of two methods on the slices that both have."""
        return (self.values(method, condition, "nrmse") - self.values(other, condition, "nrmse")).dropna()

    def weights(self) -> list[Record]:
        """List the weight chosen for every method and condition, and the mean NRMSE of all tried."""
        found = []
        for (method, condition), records in self._results.items():
            tried = {}
            if (method, condition) in self._trials:
                means = self._trials[method, condition].groupby("weight").nrmse.mean()
                tried = {f"{weight:g}": float(value) for weight, value in means.items()}
            weight = float(records.weight.iloc[-1])
            found.append({"method": method, **condition._asdict(), "weight": weight, "tried": tried})
        return found

    def held_back(self, method: str) -> Record | None:
        """Look up a method's last reconstruction of the measured k-space."""
        identity = self.facts["measured"].get(method)
        found = [
            record
            for record in read_ledgers(self.folder, MEASURED)
            if record["identity"] == identity and record["use"] == "held_back"
        ]
        return found[-1] if found else None

    def expected(self) -> int:
        """Count the test slices of all methods and conditions."""
        slices = len(self.facts["test"]) * len(self.plan.fractions)
        return len(self.plan.all_conditions) * len(self.methods) * slices

    def done(self) -> int:
        """Count those of them that are done."""
        conditions = self.plan.all_conditions
        return sum(len(self.values(method, item, "nrmse")) for method in self.methods for item in conditions)

    def groups(self) -> dict[Condition, list[Condition]]:
        """Sort conditions by mask, coils and noise; in each group by acceleration."""
        found: dict[Condition, list[Condition]] = {}
        for condition in sorted(self.plan.all_conditions, key=lambda item: item.acceleration):
            found.setdefault(condition.group, []).append(condition)
        return {
            group: found[group] for group in dict.fromkeys(item.group for item in self.plan.all_conditions)
        }

    def _frames(self, name: str) -> dict[tuple[str, Condition], pd.DataFrame]:
        names = {identity: method for method, identity in self.facts["identities"].items()}
        found: dict[tuple[str, Condition], list[Record]] = {}
        for record in read_ledgers(self.folder, name):
            if record["identity"] in names:
                condition = Condition(*(record[field] for field in Condition._fields))
                found.setdefault((names[record["identity"]], condition), []).append(record)
        return {key: pd.DataFrame(records) for key, records in found.items()}


def write_study(
    folder: Path,
    plan: Plan,
    identities: dict[str, str],
    measured: dict[str, str],
    test: Sequence[str],
    **facts: object,
) -> None:
    """Write down what a start asks for."""
    study = {
        "plan": plan.model_dump(),
        "identities": identities,
        "measured": measured,
        "test": [*test],
        **facts,
    }
    with replacing(folder / STUDY) as path:
        path.write_text(json.dumps(study, indent=4) + "\n", encoding="utf-8")
