"""Does Wiener blur rank where the paper says: measure by measure, among the methods that both have."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, groupby
from typing import NamedTuple

from experiments.report.choose_beta import choose_beta
from experiments.report.equal_kl import common_kl, seed_values
from experiments.report.measures import MEASURES, Measure
from experiments.report.paper import MEASURED, OURS, SAME, SECOND, SUBJECTS, PaperRow, table_title
from experiments.report.seeds import over_seeds, told_apart
from experiments.report.setup import Setup

CHOSEN, EQUAL = "chosen beta", "equal KL"
Values = Callable[[str, str], dict[int, float]]
"""Method and measure to a value of each seed."""


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
    close: tuple[str, ...]
    """Methods that the seeds do not tell apart from the subject."""
    paper_methods: int
    """Methods that the paper's table has this measure of; `methods` of them were run."""
    other_data: bool
    """Whether the runs are of other data than the table."""
    pairs: int
    """Pairs of the other methods, those that either has as equal left out."""
    kept: int
    """Pairs of them that stand in the paper's order here."""

    @property
    def agrees(self) -> bool | None:
        """Whether the subject ranks where the paper says; None where the seeds leave that undecided.

        They do not where the paper's rank is out of reach, however those not told apart may rank.
        """
        best, worst = 1 + len({*self.ahead} - {*self.close}), 1 + len({*self.ahead, *self.close})
        if not best <= self.paper_rank <= worst:
            return False
        return None if self.close else True


def _ahead(values: Mapping[str, float], subject: str, measure: Measure) -> tuple[str, ...]:
    badness = {name: measure.badness(float(measure.text(value))) for name, value in values.items()}
    better = [name for name, bad in badness.items() if bad < badness[subject]]
    return tuple(sorted(better, key=lambda name: badness[name]))


def _close(seeds: Mapping[str, Mapping[int, float]], subject: str, measure: Measure) -> tuple[str, ...]:
    badness = {
        name: {seed: measure.badness(value) for seed, value in own.items()} for name, own in seeds.items()
    }
    others = [name for name in badness if name != subject]
    return tuple(name for name in others if not told_apart(badness[subject], badness[name]))


def _order(
    values: Mapping[str, float], printed: Mapping[str, float], subject: str, measure: Measure
) -> tuple[int, int]:
    """Count the pairs of methods, the subject apart, and those that both tables order alike.

    Args:
        values: ours by method.
        printed: the paper's by method.
        subject: the method that is left out.
        measure: what is ordered by.

    Returns:
        The pairs, and those in the same order.
    """
    others = [name for name in values if name != subject]
    signs = []
    for first, second in combinations(others, 2):
        ours, papers = (
            measure.badness(float(measure.text(own[first])))
            - measure.badness(float(measure.text(own[second])))
            for own in (values, printed)
        )
        if ours * papers != 0:
            signs.append(ours * papers > 0)
    return len(signs), sum(signs)


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

    def at_chosen(method: str, name: str) -> dict[int, float]:
        choice = chosen[method]
        runs = setup.of(method, choice.beta) if choice else ()
        return {run.seed: value for run in runs if (value := run.value(name).mean) is not None}

    def at_equal(method: str, name: str) -> dict[int, float]:
        values = seed_values(setup.of(method), name, common.kl) if common else {}
        return {seed: value for seed, value in values.items() if value is not None}

    ways: list[tuple[str, Values]] = [(CHOSEN, at_chosen), (EQUAL, at_equal)]
    comparisons = []
    rows = setup.length.paper_rows
    title = setup.length.title
    other_data = setup.length.dataset.removesuffix(SECOND) != setup.length.counterpart
    if other_data:
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
            rows_of_measure = [row for row in table if measure.name in row.values]
            paper_methods = len({SAME.get(row.setting, row.setting) for row in rows_of_measure})
            for at, values in ways:
                seeds = {name: own for name in printed if (own := values(name, measure.name))}
                found = {name: over_seeds(list(own.values())).mean for name, own in seeds.items()}
                if subject is None or subject not in found or len(found) < 2:
                    continue
                ahead = _ahead(found, subject, measure)
                paper_rank = 1 + len(_ahead({name: printed[name] for name in found}, subject, measure))
                comparisons.append(
                    Comparison(
                        table_title(table[0]), title, measure, at, subject, paper_rank,
                        1 + len(ahead), len(found), ahead, _close(seeds, subject, measure), paper_methods,
                        other_data, *_order(found, printed, subject, measure),
                    )
                )  # fmt: skip
    return comparisons
