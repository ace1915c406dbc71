"""Does Wiener blur rank where the paper says: measure by measure, among the methods that both have."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from monai_blurvae.report.choose_beta import choose_beta
from monai_blurvae.report.equal_kl import common_kl, read_at
from monai_blurvae.report.measures import MEASURES, Measure
from monai_blurvae.report.paper import MEASURED, OURS, SECOND, SUBJECTS, PaperRow, table_title
from monai_blurvae.report.seeds import over_seeds
from monai_blurvae.report.setup import Setup

CHOSEN, EQUAL = "chosen beta", "equal KL"
Values = Callable[[str, str], float | None]
"""Method and measure to a value."""


class Comparison(NamedTuple):
    """One measure's ranking, the paper's and ours."""

    table: str
    setup: str
    measure: Measure
    at: str
    subject: str
    paper_rank: int
    rank: int
    methods: int
    ahead: tuple[str, ...]
    """Methods that rank before the subject here."""

    @property
    def agrees(self) -> bool:
        """Whether the subject ranks where the paper says."""
        return self.rank == self.paper_rank


def _ahead(values: Mapping[str, float], subject: str, measure: Measure) -> tuple[str, ...]:
    badness = {name: measure.badness(float(measure.text(value))) for name, value in values.items()}
    better = [name for name, bad in badness.items() if bad < badness[subject]]
    return tuple(sorted(better, key=lambda name: badness[name]))


def _made(rows: Sequence[PaperRow], methods: Sequence[str]) -> dict[str, PaperRow]:
    """The rows that runs make, by the runs' method; one run makes one row of a table.

    Args:
        rows: rows of one table.
        methods: labels of the methods that ran.

    Returns:
        Method to row.
    """
    made: dict[str, PaperRow] = {}
    for row in rows:
        name = row.made_by(methods)
        if name is not None:
            made.setdefault(name, row)
    return made


def compare(setup: Setup) -> list[Comparison]:
    """Compare a setup's rankings to every table of the paper that it stands beside.

    Args:
        setup: the runs to compare.

    Returns:
        A comparison for each table, measure, and way to choose beta; none where fewer than two methods share
        a measure, or where the one that the table is about did not run.
    """
    chosen = {method: choose_beta(setup, method) for method in setup.methods}
    common = common_kl(setup)

    def at_chosen(method: str, name: str) -> float | None:
        choice = chosen[method]
        runs = setup.of(method, choice.beta) if choice else ()
        values = [value for run in runs if (value := run.value(name).mean) is not None]
        return over_seeds(values).mean if values else None

    def at_equal(method: str, name: str) -> float | None:
        estimate = read_at(setup.of(method), name, common.kl).estimate if common else None
        return estimate.mean if estimate else None

    ways: list[tuple[str, Values]] = [(CHOSEN, at_chosen), (EQUAL, at_equal)]
    comparisons = []
    rows = setup.length.paper_rows
    title = setup.length.title
    if setup.length.dataset.removesuffix(SECOND) != setup.length.counterpart:
        title += " (other data than the paper's)"
    for number, group in groupby(rows, key=lambda row: row.table):
        table = list(group)
        made = _made(table, setup.methods)
        about = SUBJECTS.get(number, OURS)
        subject = next((name for name, row in made.items() if row.setting == about), None)
        measures = [MEASURES[name] for name in MEASURED.get(number, MEASURES)]
        for measure in measures:
            printed = {
                name: row.values[measure.name] for name, row in made.items() if measure.name in row.values
            }
            for at, values in ways:
                found = {name: value for name in printed if (value := values(name, measure.name)) is not None}
                if subject is None or subject not in found or len(found) < 2:
                    continue
                ahead = _ahead(found, subject, measure)
                paper_rank = 1 + len(_ahead({name: printed[name] for name in found}, subject, measure))
                comparisons.append(
                    Comparison(
                        table_title(table[0]), title, measure, at, subject, paper_rank,
                        1 + len(ahead), len(found), ahead,
                    )
                )  # fmt: skip
    return comparisons
