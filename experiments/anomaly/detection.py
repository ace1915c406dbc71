"""Comparison of a model's scores with baselines that need no likelihood."""

import json
import sys
from pathlib import Path

import pandas as pd

from experiments.anomaly.roc import Statistic, auroc, mean, reversed_auroc
from experiments.report.table import Table
from monai_blurvae.files import replacing

CLEAN = "clean"
KEYS = ("subject", "slice", "corruption")
CANDIDATES = {"model_elbo": "The ELBO", "model_bias": "The local bias"}
"""Scores that are to beat the baselines."""
BASELINES = ("intensity", "model_error", "l2_model_error")
"""Mean intensity, in its better direction, and plain reconstruction errors."""
BEATS_ALL = "beats all"
WORDS = {
    "intensity": "mean intensity",
    "elbo": "ELBO",
    "elbo_top": "ELBO, strangest patches",
    "whitened": "whitened residual",
    "bias": "local bias",
    "error": "L2 error",
    "error_top": "L2 error, worst patches",
    "bright": "intensity",
    "dark": "darkness",
}
"""Columns in words; those of the second model begin with "L2 model: "."""


class Detection:
    """AUROC of every score for every corruption, and which baselines the model's scores beat.

    Args:
        path: the study's table, `anomaly.csv`.

    Attributes:
        areas: corruption to score to AUROC; for mean intensity that of its better direction.
        darker: corruptions for which that direction is: the darker, the stranger.
        baselines: columns of the baselines that the table has.
    """

    def __init__(self, path: str | Path) -> None:
        self.frame = pd.read_csv(path, dtype={"subject": str})
        names = list(self.frame.corruption.unique())
        if CLEAN not in names or len(names) < 2:
            raise ValueError(f'`path` must hold "{CLEAN}" and damaged slices, got {names} in {path}')
        columns = [name for name in self.frame if name not in KEYS]
        self.scores = [name for name in columns if not name.startswith(("auroc_", "ap_"))]
        self.maps = [name.removeprefix("auroc_") for name in columns if name.startswith("auroc_")]
        missing = {*CANDIDATES, BASELINES[0]}.difference(self.scores)
        if missing:
            raise ValueError(f"{path} must have the columns {', '.join(sorted(missing))}, got none of these")
        self.baselines = [name for name in BASELINES if name in self.scores]
        self.areas: dict[str, dict[str, Statistic]] = {}
        self.darker: set[str] = set()
        for corruption in (name for name in names if name != CLEAN):
            found = {name: auroc(self.of(name, corruption), self.of(name)) for name in self.scores}
            if found["intensity"].value < 0.5:
                found["intensity"] = reversed_auroc(found["intensity"])
                self.darker.add(corruption)
            self.areas[corruption] = found

    def of(self, column: str, corruption: str = CLEAN) -> "pd.Series[float]":
        """Give a column's values under a corruption, indexed by subject, without empty fields."""
        frame = self.frame[self.frame.corruption == corruption]
        return frame.set_index("subject")[column].astype(float).dropna()

    def lead(self, candidate: str, corruption: str, baseline: str) -> Statistic:
        """Give the AUROC of a score less a baseline's, on the same slices."""
        return self.areas[corruption][candidate] - self.areas[corruption][baseline]

    def verdict(self, candidate: str, corruption: str) -> str:
        """Say which baselines a score does not beat."""
        leads = {name: self.lead(candidate, corruption, name).interval()[0] for name in self.baselines}
        missed = [words(name) for name, low in leads.items() if not low > 0]
        parts = ["worse than chance"] if self.areas[corruption][candidate].value < 0.5 else []
        parts += [f"does not beat {', '.join(missed)}"] if missed else []
        return "; ".join(parts) or BEATS_ALL

    def statement(self, candidate: str) -> str:
        """Say in one sentence for which damage a score beats every baseline."""
        beaten = [name for name in self.areas if self.verdict(candidate, name) == BEATS_ALL]
        count = f"{len(beaten) or 'none'} of the {len(self.areas)} kinds of damage"
        named = f" ({'; '.join(beaten)})" if beaten else ""
        return f"{CANDIDATES[candidate]} beats every baseline for {count}{named}."

    def record(self) -> dict[str, object]:
        """Give the numbers behind the tables, by corruption."""
        return {
            damage: {
                "auroc": {name: area.numbers() for name, area in found.items()},
                "lead": {
                    candidate: {name: self.lead(candidate, damage, name).numbers() for name in self.baselines}
                    for candidate in CANDIDATES
                },
                "verdict": {candidate: self.verdict(candidate, damage) for candidate in CANDIDATES},
                "darker_is_stranger": damage in self.darker,
            }
            for damage, found in self.areas.items()
        }

    def tables(self) -> list[Table]:
        """Tabulate leads over the baselines, areas, each slice against itself, and maps of lesions."""
        scores = ("damage", *map(words, self.scores))
        leads = {
            candidate: Table(
                f"{CANDIDATES[candidate]} against the baselines",
                "AUROC less the baseline's, and half the difference's 95 % interval. A baseline is beaten "
                "where the interval lies above 0.",
                ("damage", *(f"less {words(name)}" for name in self.baselines), "verdict"),
            )
            for candidate in CANDIDATES
        }
        areas = Table(
            "Whole slices",
            "AUROC of damaged slices against the same slices without damage, and half its 95 % interval "
            f"(DeLong's, clustered by subject; subjects: {self.frame.subject.nunique()}). Below 0.5 the "
            "damage makes slices look more usual.",
            scores,
        )
        risen = Table(
            "Each slice against itself",
            "Share of slices whose score the damage raises: what a score could tell if the slice without "
            "damage were known. Where it is far from 0.5 and the AUROC is not, healthy slices differ more "
            "than the damage weighs.",
            scores,
        )
        maps = Table(
            "Maps",
            "AUROC of the brain's pixels within a slice, the lesion's against the others, mean over "
            "slices and half its 95 % interval; then average precision. Intensity and darkness rank "
            "pixels without a model.",
            ("damage", *map(words, self.maps)),
        )
        for damage, found in self.areas.items():
            for candidate, table in leads.items():
                less = [str(self.lead(candidate, damage, name)) for name in self.baselines]
                table.rows.append([damage, *less, self.verdict(candidate, damage)])
            best = max(area.value for area in found.values())
            cells = {name: f"**{area}**" if area.value == best else str(area) for name, area in found.items()}
            if damage in self.darker:
                note = "Of both directions the better one: here the darker a slice, the stranger."
                cells["intensity"] += areas.mark(note)
            areas.rows.append([damage, *cells.values()])
            raised = [self.of(name, damage).to_numpy() > self.of(name).to_numpy() for name in self.scores]
            risen.rows.append([damage, *(f"{share.mean():.2f}" for share in raised)])
            local = {name: self.of(f"auroc_{name}", damage) for name in self.maps}
            if any(len(values) for values in local.values()):
                precision = {name: self.of(f"ap_{name}", damage).mean() for name in self.maps}
                maps.rows.append([damage, *(f"{mean(local[name])}; {precision[name]:.3f}" for name in local)])
        return [*leads.values(), areas, risen, *([maps] if maps.rows else [])]


def words(name: str) -> str:
    """Write a column's name in words."""
    model, _, score = name.rpartition("model_")
    return ("L2 model: " if model else "") + WORDS.get(score, score.replace("_", " "))


def write_detection(run_dir: str | Path) -> Path:
    """Turn `anomaly.csv` into `anomaly.md` and `anomaly.json`, and print the page."""
    detection = Detection(Path(run_dir, "anomaly.csv"))
    statements = [detection.statement(candidate) for candidate in CANDIDATES]
    page = "\n".join(["\n\n".join(statements) + "\n", *(table.markdown() for table in detection.tables())])
    subjects = sorted(detection.frame.subject.unique())
    record = {"statements": statements, "subjects": subjects, "damage": detection.record()}
    for name, text in (("anomaly.md", page), ("anomaly.json", json.dumps(record, indent=4) + "\n")):
        with replacing(Path(run_dir, name)) as partial:
            partial.write_text(text, encoding="utf-8")
    sys.stdout.write(page)
    return Path(run_dir, "anomaly.md")
