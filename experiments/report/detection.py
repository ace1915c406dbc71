"""Whether a model's scores detect damage better than scores that need no likelihood."""

import math

from experiments.report.clustered_roc import Statistic, auroc, reversed_auroc
from experiments.report.detection_scores import DetectionScores

CANDIDATES = {"model_elbo": "The ELBO", "model_bias": "The local bias"}
"""Scores that are to beat the baselines."""
BASELINES = ("intensity", "model_error", "l2_model_error")
"""Mean intensity, in its better direction, and plain reconstruction errors."""
BEATS_ALL = "beats all"
WORDS = {
    "intensity": "mean intensity",
    "model_elbo": "ELBO",
    "model_elbo_top": "ELBO, strangest patches",
    "model_whitened": "whitened residual",
    "model_bias": "local bias",
    "model_error": "L2 error",
    "model_error_top": "L2 error, worst patches",
    "l2_model_elbo": "L2 model: ELBO",
    "l2_model_elbo_top": "L2 model: ELBO, strangest patches",
    "l2_model_whitened": "L2 model: whitened residual",
    "l2_model_bias": "L2 model: local bias",
    "l2_model_error": "L2 model: L2 error",
    "l2_model_error_top": "L2 model: L2 error, worst patches",
    "bright": "intensity",
    "dark": "darkness",
}
"""Columns in words."""


class Detection:
    """AUROC of every score for every corruption, and which baselines the model's scores beat.

    Args:
        scores: the study's table.

    Attributes:
        areas: corruption to score to AUROC; for mean intensity that of its better direction.
        darker: corruptions for which that direction is: the darker, the stranger.
        baselines: columns of the baselines that the table has.

    Raises:
        ValueError: If the table lacks a score that is to beat them, or mean intensity.
    """

    def __init__(self, scores: DetectionScores) -> None:
        missing = {*CANDIDATES, BASELINES[0]}.difference(scores.image_columns)
        if missing:
            raise ValueError(
                f"`scores` must have the columns {', '.join(sorted(missing))}, got none of these"
            )
        self.scores = scores
        self.areas: dict[str, dict[str, Statistic]] = {}
        self.darker: set[str] = set()
        for corruption in scores.corruptions:
            found = {
                column: auroc(scores.of(column, corruption), scores.of(column))
                for column in scores.image_columns
            }
            if found["intensity"].value < 0.5:
                found["intensity"] = reversed_auroc(found["intensity"])
                self.darker.add(corruption)
            self.areas[corruption] = found
        self.baselines = [name for name in BASELINES if name in scores.image_columns]

    def lead(self, candidate: str, corruption: str, baseline: str) -> Statistic:
        """Compare a score with a baseline on the same slices.

        Args:
            candidate: the score's column.
            corruption: the corruption's name.
            baseline: the baseline's column.

        Returns:
            AUROC of the score less the baseline's.
        """
        found = self.areas[corruption]
        return found[candidate] - found[baseline]

    def verdict(self, candidate: str, corruption: str) -> str:
        """Say whether a score beats every baseline.

        Args:
            candidate: the score's column.
            corruption: the corruption's name.

        Returns:
            "beats all" where each difference's interval lies above 0 and the AUROC above 1/2, else which
            baselines it does not beat.
        """
        missed = [
            words(name)
            for name in self.baselines
            if not self.lead(candidate, corruption, name).interval()[0] > 0
        ]
        parts = ["worse than chance"] if self.areas[corruption][candidate].value < 0.5 else []
        parts += [f"does not beat {', '.join(missed)}"] if missed else []
        return "; ".join(parts) or BEATS_ALL

    def statement(self, candidate: str) -> str:
        """Say in one sentence whether a score beat every baseline.

        Args:
            candidate: the score's column.

        Returns:
            A sentence.
        """
        beaten = [name for name in self.areas if self.verdict(candidate, name) == BEATS_ALL]
        count = f"{len(beaten) or 'none'} of the {len(self.areas)} kinds of damage"
        named = f" ({'; '.join(beaten)})" if beaten else ""
        return f"{CANDIDATES[candidate]} beats every baseline for {count}{named}."

    def record(self) -> dict[str, object]:
        """Give the numbers behind the tables.

        Returns:
            Corruption to AUROC of each score, leads over the baselines with their intervals, and verdicts.
        """
        return {
            corruption: {
                "auroc": {name: _numbers(area) for name, area in found.items()},
                "lead": {
                    candidate: {
                        name: _numbers(self.lead(candidate, corruption, name)) for name in self.baselines
                    }
                    for candidate in CANDIDATES
                },
                "verdict": {candidate: self.verdict(candidate, corruption) for candidate in CANDIDATES},
                "darker_is_stranger": corruption in self.darker,
            }
            for corruption, found in self.areas.items()
        }


def words(name: str) -> str:
    """Write a column's name.

    Args:
        name: the name.

    Returns:
        Words.
    """
    return WORDS.get(name, name.replace("_", " "))


def _numbers(statistic: Statistic) -> dict[str, float | None]:
    low, high = (end if math.isfinite(end) else None for end in statistic.interval())
    return {"value": statistic.value, "low": low, "high": high}
