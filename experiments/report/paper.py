"""The paper's tables 1 to 6, and which runs are shown beside their rows."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import pandas as pd

from experiments.report.measures import MEASURES

OURS = "Wiener blur (ours)"
SECOND = " second architecture"
SAME = {
    "kernel net + large epsilon": OURS,
    "C=0.025": OURS,
    "Watson (authors' larger model)": "Watson",
    "Wiener blur (ours) epsilon=0.5": OURS,
}
"""The paper's further names of a method."""
FIGURES = {
    "CelebA-HQ256": "figures 3 and 7",
    "HCP64": "figures 4 and 9",
    "CIFAR10": "figure 5",
    "CelebA64": "figure 8",
}
"""The paper's grids of reconstructions and samples."""
EPOCHS = {"CelebA64": 100, "CelebA-HQ256": 200, "HCP64": 400, "CIFAR10": 100}
"""The full length of training; the paper prints none for HCP64 and CIFAR10: it is that of our overlays."""


@dataclass(frozen=True)
class PaperRow:
    """A row of the paper's tables.

    Attributes:
        table: the table's number.
        dataset: the data set, without the architecture.
        network: the network.
        setting: the row's name.
        values: measure to its value, in the units of measures.json.
        stds: measure to its standard deviation over images.
    """

    table: str
    dataset: str
    network: str
    setting: str
    values: Mapping[str, float]
    stds: Mapping[str, float]

    def made_by(self, methods: Collection[str]) -> str | None:
        """Name the method whose runs make this row."""
        names = (self.setting, SAME.get(self.setting, self.setting))
        return next((name for name in names if name in methods), None)


@cache
def paper_rows() -> tuple[PaperRow, ...]:
    """Read the paper's tables."""
    with files("experiments.report").joinpath("paper_tables.csv").open(encoding="utf-8") as file:
        lines = pd.read_csv(file, dtype={"table": str}).to_dict("records")
    rows = []
    for line in lines:
        values, stds = {}, {}
        for measure in MEASURES.values():
            if measure.paper and pd.notna(line[measure.paper]):
                values[measure.name] = float(line[measure.paper]) * measure.paper_scale
            if pd.notna(line.get(f"{measure.paper}_std")):
                stds[measure.name] = float(line[f"{measure.paper}_std"]) * measure.paper_scale
        network = "architecture 2" if line["dataset"].endswith(SECOND) else "architecture 1"
        dataset = line["dataset"].removesuffix(SECOND)
        rows.append(PaperRow(line["table"], dataset, network, line["setting"], values, stds))
    return tuple(rows)


def counterpart(dataset: str) -> str | None:
    """Name the paper's data set that is like another one."""
    for row in paper_rows():
        if dataset.startswith(row.dataset):
            return row.dataset
    words = dataset.lower()
    return "HCP64" if "brain" in words and "digital" not in words else None


def rows_beside(dataset: str, network: str) -> tuple[PaperRow, ...]:
    """Find the paper's rows that runs are shown beside."""
    name = counterpart(dataset)
    second = network == "architecture 2" or dataset.endswith(SECOND)
    own = "architecture 2" if second else "architecture 1"
    rows = [row for row in paper_rows() if row.dataset == name]
    return tuple(row for row in rows if row.network == own or own not in {other.network for other in rows})
