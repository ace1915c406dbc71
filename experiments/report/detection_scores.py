"""The scores of an anomaly study, read from its table."""

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CLEAN = "clean"
KEYS = ("subject", "slice", "corruption")
LOCAL = ("auroc_", "ap_")
"""How columns that judge a map within its image begin."""

Scores = Mapping[str, NDArray[np.float64]]
"""Subject to the values of its slices."""


class DetectionScores:
    """The columns of `anomaly.csv`.

    Args:
        path: the file.

    Attributes:
        subjects: names, sorted.
        corruptions: names, in the file's order, without "clean".
        image_columns: scores of whole images.
        map_columns: maps that were judged by how they find a lesion.

    Raises:
        ValueError: If it lacks clean slices, or damaged ones.
    """

    def __init__(self, path: str | Path) -> None:
        with Path(path).open(newline="") as file:
            self._rows = list(csv.DictReader(file))
        names = list(dict.fromkeys(row["corruption"] for row in self._rows))
        if CLEAN not in names or len(names) < 2:
            raise ValueError(f'`path` must hold "{CLEAN}" and damaged slices, got {names} in {path}')
        self.corruptions = [name for name in names if name != CLEAN]
        self.subjects = sorted({row["subject"] for row in self._rows})
        columns = [name for name in self._rows[0] if name not in KEYS]
        self.image_columns = [name for name in columns if not name.startswith(LOCAL)]
        self.map_columns = [name.removeprefix("auroc_") for name in columns if name.startswith("auroc_")]

    def of(self, column: str, corruption: str = CLEAN) -> Scores:
        """Give a column's values under a corruption.

        Args:
            column: its name.
            corruption: the corruption's, or "clean".

        Returns:
            Subject to values, in the order of its slices; no subjects where the fields are empty.
        """
        values: dict[str, list[float]] = {}
        for row in self._rows:
            if row["corruption"] == corruption and row[column]:
                values.setdefault(row["subject"], []).append(float(row[column]))
        return {subject: np.array(found) for subject, found in sorted(values.items())}
