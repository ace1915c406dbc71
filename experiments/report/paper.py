"""The paper's tables 1 to 6, and which runs stand beside which of their rows."""

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from experiments.report.measures import MEASURES

OURS = "Wiener blur (ours)"
SECOND = " second architecture"
SUBJECTS = {"1": "kernel net + large epsilon", "6": "Wiener blur (ours) epsilon=0.5"}
"""The row that a table is about, where it is not Wiener blur's."""
MEASURED = {"6": ("table6_bound",)}
"""The measures that a table is about, where it repeats others of another table."""
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


@dataclass(frozen=True)
class PaperRow:
    """A row of the paper's tables.

    Attributes:
        table: the table's number.
        dataset: the data set, without the architecture.
        network: the network.
        setting: the row's name.
        values: measure to its value, in the units of measures.json.
        stds: the same of its standard deviation over images.
    """

    table: str
    dataset: str
    network: str
    setting: str
    values: Mapping[str, float]
    stds: Mapping[str, float]

    def made_by(self, methods: Collection[str]) -> str | None:
        """Name the method whose runs make this row: that of the row's own name, else of its other one.

        Args:
            methods: labels of the methods that ran.

        Returns:
            The label; None where it did not run.
        """
        names = (self.setting, SAME.get(self.setting, self.setting))
        return next((name for name in names if name in methods), None)


@cache
def paper_rows() -> tuple[PaperRow, ...]:
    """Read the paper's tables, shipped with the package.

    Returns:
        Their rows in order.
    """
    text = files("experiments.report").joinpath("paper_tables.csv").read_text()
    rows = []
    for line in csv.DictReader(text.splitlines()):
        values, stds = {}, {}
        for measure in MEASURES.values():
            if measure.paper and line[measure.paper]:
                values[measure.name] = float(line[measure.paper]) * measure.paper_scale
            std = line.get(f"{measure.paper}_std")
            if std:
                stds[measure.name] = float(std) * measure.paper_scale
        network = "architecture 2" if line["dataset"].endswith(SECOND) else "architecture 1"
        dataset = line["dataset"].removesuffix(SECOND)
        rows.append(PaperRow(line["table"], dataset, network, line["setting"], values, stds))
    return tuple(rows)


def counterpart(dataset: str) -> str | None:
    """Name the paper's data set that one stands beside: itself, or HCP's slices for other brain slices.

    The demo's digital brains are no data of the paper's kind: they have none.

    Args:
        dataset: label of a data set; one that begins with a name of the paper's is that or a form of it.

    Returns:
        The paper's name, None where it has nothing alike.
    """
    for row in paper_rows():
        if dataset.startswith(row.dataset):
            return row.dataset
    words = dataset.lower()
    return "HCP64" if "brain" in words and "digital" not in words else None


def rows_beside(dataset: str, network: str) -> tuple[PaperRow, ...]:
    """Find the paper's rows that runs of a data set and a network are shown beside.

    Args:
        dataset: label of the data set.
        network: label of the network; one that the paper has not stands beside its first.

    Returns:
        The rows in the paper's order.
    """
    name = counterpart(dataset)
    second = network == "architecture 2" or dataset.endswith(SECOND)
    own = "architecture 2" if second else "architecture 1"
    rows = [row for row in paper_rows() if row.dataset == name]
    return tuple(row for row in rows if row.network == own or own not in {other.network for other in rows})


def table_title(row: PaperRow) -> str:
    """Name the table of a row.

    Args:
        row: any row of it.

    Returns:
        "table 4 (CelebA64, architecture 2)".
    """
    return f"table {row.table} ({row.dataset}, {row.network})"
