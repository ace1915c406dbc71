"""A study's output folder: records of reconstructions as JSON lines that only grow, and pictures."""

import hashlib
import json
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from torch import Tensor

from experiments.checked import checked
from experiments.lines import Lines, Record, read_lines
from experiments.report.measures import Estimate, estimate
from experiments.study.plan import Condition, Plan
from monai_blurvae.files import read_record, replacing

STUDY = "study.json"
"""What the last start asked for: the study file's content and the identities of its methods."""
TRIALS, RESULTS = "trials", "results"
"""Ledgers: weights tried on tuning slices, and test slices."""
REFERENCE = "reference"
"""The name of the reference's picture, which no method has."""
SLICE = ["subject", "fraction"]

NUMBERS = ("fraction", "weight", "nrmse", "psnr", "ssim", "seconds")
"""What a record measures, or is found by."""


def ledger_file(folder: Path, name: str, part: tuple[int, int] | None = None) -> Path:
    """Give the file of records that a part of a study appends to: no two processes share one."""
    suffix = "" if part is None else f".{part[0]}of{part[1]}"
    return folder / f"{name}{suffix}.jsonl"


def append(path: Path, record: Record) -> None:
    """Append a record to a ledger, through to the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(record) + "\n"
    with path.open("ab+") as file:
        if file.tell() > 0:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":  # a stop cut the last line off
                line = "\n" + line
        file.write(line.encode())
        file.flush()
        os.fsync(file.fileno())


def read_ledgers(folder: Path, name: str, fit: Callable[[Record], Record] = dict) -> Lines:
    """Read the records of all parts; a line that a stop cut off counts as damaged."""
    parts = [read_lines(path, fit) for path in sorted(folder.glob(f"{name}*.jsonl"))]
    return Lines(
        [one for part in parts for one in part.records], [one for part in parts for one in part.damaged]
    )


def whole(record: Record) -> Record:
    """Refuse a record of a reconstruction that lacks something."""
    hash((record["identity"], Condition.of(record), record["subject"]))
    return record | {name: float(record[name]) for name in NUMBERS}


def digest(*words: object) -> str:
    """Name what results depend on, in twelve letters: results of one name agree.

    Example:
        >>> digest("a", 1) == digest("a", 1) != digest("a", 2)
        True
    """
    return hashlib.sha256(repr(words).encode()).hexdigest()[:12]


def image_file(folder: Path, name: str) -> Path:
    """Give the .npy file of a picture's magnitudes.

    Example:
        >>> image_file(Path("out"), "L1 wavelet").as_posix()
        'out/images/L1_wavelet.npy'
    """
    return folder / "images" / (re.sub(r"[^\w.-]+", "_", name) + ".npy")


def save_image(folder: Path, name: str, x: Tensor) -> None:
    """Store the magnitudes of a complex image (1, 1, H, W) for the figures."""
    with replacing(image_file(folder, name)) as path, path.open("wb") as file:
        np.save(file, x[0, 0].abs().cpu().numpy())


def write_study(folder: Path, plan: Plan, facts: Record) -> None:
    """Write down what a start asks for: identities of its methods and names of its subjects."""
    with replacing(folder / STUDY) as path:
        path.write_text(json.dumps({"plan": plan.model_dump()} | facts, indent=4) + "\n", encoding="utf-8")


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
        trials, results = (read_ledgers(folder, name, whole) for name in (TRIALS, RESULTS))
        self.damaged = Lines([], [*trials.damaged, *results.damaged])
        self._trials, self._results = self._frames(trials), self._frames(results)

    def values(self, method: str, condition: Condition, measure: str) -> "pd.Series[float]":
        """Look up "nrmse", "psnr", "ssim" or "seconds" of slices by subject and fraction."""
        frame = self._results.get((method, condition), pd.DataFrame(columns=[*SLICE, measure]))
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
        """Compare the NRMSE of two methods slice by slice: the difference, slices won, and slices.

        Slices of a subject resemble each other, so the interval is over subjects, each the mean over its
        slices.
        """
        values = [self.values(name, condition, "nrmse") for name in (method, other)]
        difference = (values[0] - values[1]).dropna()
        if difference.empty:
            return None
        means = difference.groupby(level="subject").mean()
        return estimate(list(means)), int((difference < 0).sum()), len(difference)

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
        for condition in self.plan.all_conditions:
            found.setdefault(condition.group, []).append(condition)
        return {key: sorted(own, key=lambda item: item.acceleration) for key, own in found.items()}

    def _frames(self, lines: Lines) -> dict[tuple[str, Condition], pd.DataFrame]:
        names = {identity: method for method, identity in self.facts["identities"].items()}
        found: dict[tuple[str, Condition], list[Record]] = {}
        for record in lines.records:
            if record["identity"] in names:
                key = names[record["identity"]], Condition.of(record)
                found.setdefault(key, []).append(record)
        return {key: pd.DataFrame(records) for key, records in found.items()}
