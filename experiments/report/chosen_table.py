"""The tables at each method's chosen beta, beside the paper's numbers."""

from collections.abc import Sequence
from typing import NamedTuple

from experiments.report.choose_beta import Choice, choose_beta, criterion, criterion_note
from experiments.report.measures import (
    LIKELIHOOD,
    MEASURES,
    QUALITY,
    SHARPNESS,
    SHARPNESS_READING,
    Measure,
    best_of,
)
from experiments.report.paper import PaperRow
from experiments.report.protocol import protocol_note
from experiments.report.run import Run
from experiments.report.seeds import Estimate, over_seeds
from experiments.report.setup import Setup
from experiments.report.table import Cell, Table

READING = (
    "± is the standard deviation over test images, brackets hold the half-width of the 95 % t-interval of "
    "the mean over seeds. Bold: the best value of ours."
)
EDGE = "this beta is the least or the largest of the sweep: a wider one may find better"


class MethodRow(NamedTuple):
    """A method at its chosen beta."""

    method: str
    choice: Choice | None
    runs: tuple[Run, ...]
    paper: tuple[PaperRow, ...]

    def estimate(self, measure: Measure) -> Estimate | str:
        """Estimate a measure over the method's seeds.

        Args:
            measure: the measure.

        Returns:
            The estimate, or why there is none.
        """
        values = [run.value(measure.name) for run in self.runs]
        known = [value for value in values if value.mean is not None]
        if not known:
            return next(
                (value.why_not for value in values if value.why_not),
                "no beta chosen: no run has the criterion",
            )
        return over_seeds(
            [value.mean for value in known if value.mean is not None], [value.std for value in known]
        )


def method_rows(setup: Setup) -> list[MethodRow]:
    """Choose every method's beta, and find the paper's rows for it.

    Args:
        setup: the runs to compare.

    Returns:
        A row a method: the paper's methods in its order, then the others.
    """
    beside = setup.length.paper_rows
    made = [(row.made_by(setup.methods), row) for row in beside]
    names = [name for name, _ in made]
    order = sorted(setup.methods, key=lambda name: names.index(name) if name in names else len(names))
    rows = []
    for method in order:
        choice = choose_beta(setup, method)
        runs = setup.of(method, choice.beta) if choice else ()
        rows.append(MethodRow(method, choice, runs, tuple(row for name, row in made if name == method)))
    return rows


def seeds_text(count: int) -> str:
    """Say how many seeds stand behind a row.

    Args:
        count: their number.

    Returns:
        "3 seeds", "1 seed: no interval".
    """
    return "1 seed: no interval" if count == 1 else f"{count} seeds"


def estimate_text(measure: Measure, estimate: Estimate) -> str:
    """Write an estimate.

    Args:
        measure: what it is of.
        estimate: the estimate.

    Returns:
        "23.21 ± 1.60 [0.12]".
    """
    text = measure.text(estimate.mean)
    text += f" ± {measure.text(estimate.std)}" if estimate.std is not None else ""
    return text + (f" [{measure.text(estimate.half_width)}]" if estimate.half_width is not None else "")


def best_cells(measures: Sequence[Measure], rows: Sequence[Sequence[Estimate | str]]) -> list[list[Cell]]:
    """Turn estimates into cells, the best of each column bold; a reason becomes a footnote.

    Args:
        measures: the columns.
        rows: for each row its estimates, or why there is none.

    Returns:
        The cells.
    """
    columns = []
    for measure, column in zip(measures, zip(*rows, strict=True), strict=True):
        best = best_of(measure, [None if isinstance(value, str) else value.mean for value in column])
        columns.append(
            [
                Cell("—", note=value)
                if isinstance(value, str)
                else Cell(estimate_text(measure, value), bold=index in best)
                for index, value in enumerate(column)
            ]
        )
    return [list(row) for row in zip(*columns, strict=True)]


def _paper_cells(row: MethodRow, measures: Sequence[Measure]) -> list[Cell] | None:
    values: dict[str, str] = {}
    for paper in row.paper:
        for measure in measures:
            if measure.name in paper.values:
                std = paper.stds.get(measure.name)
                text = measure.text(paper.values[measure.name])
                if std is not None:
                    text += f" ± {measure.text(std)}"
                if len(text) > len(values.get(measure.name, "")):
                    values[measure.name] = text
    if not values:
        return None
    tables = list(dict.fromkeys(paper.table for paper in row.paper))
    first = Cell(f"the paper, table{'s' if len(tables) > 1 else ''} {', '.join(tables)}", italic=True)
    return [
        first,
        Cell(""),
        Cell(""),
        *(Cell(values.get(measure.name, ""), italic=True) for measure in measures),
    ]


def _table(setup: Setup, rows: Sequence[MethodRow], title: str, measures: Sequence[Measure]) -> Table:
    estimates = [[_with_prefix(row.estimate(measure)) for measure in measures] for row in rows]
    lines: list[list[Cell]] = []
    for row, cells in zip(rows, best_cells(measures, estimates), strict=True):
        choice = row.choice
        beta = Cell(f"{choice.beta:g}", note=EDGE if choice.at_edge else None) if choice else Cell("—")
        lines.append([Cell(row.method), beta, Cell(seeds_text(len(row.runs))), *cells])
        paper = _paper_cells(row, measures)
        if paper is not None:
            lines.append(paper)
    images = sorted({run.images for run in setup.runs})
    caption = f"{criterion_note(setup)} Test images: {', '.join(map(str, images))}. {READING}"
    name = setup.length.counterpart
    if name is not None and name != setup.length.dataset:
        caption += f" The paper's rows are of {name}, other images: compare orders, not values."
    if any(measure.name.startswith("fid") for measure in measures):
        caption += " The paper prints FID divided by 1000; here it is not divided."
    if any(measure in SHARPNESS for measure in measures):
        caption += f" {SHARPNESS_READING}"
    header = ("method", "beta", "seeds", *(measure.label for measure in measures))
    return Table(title, f"{caption} {protocol_note(setup.length)}", header, lines)


def _with_prefix(value: Estimate | str) -> Estimate | str:
    return f"not computed: {value}" if isinstance(value, str) else value


def chosen_tables(setup: Setup) -> list[Table]:
    """Make the tables at each method's chosen beta: pictures, likelihood, sharpness.

    Args:
        setup: the runs to compare.

    Returns:
        The tables.
    """
    rows = method_rows(setup)
    titles = {"Image quality": QUALITY, "Rate and likelihood": LIKELIHOOD, "Sharpness": SHARPNESS}
    return [_table(setup, rows, f"{title} at the chosen beta", part) for title, part in titles.items()]


def chosen_records(setup: Setup) -> list[dict[str, object]]:
    """Give the same tables' numbers in full precision.

    Args:
        setup: the runs to compare.

    Returns:
        A record a method.
    """
    records = []
    for row in method_rows(setup):
        record: dict[str, object] = {
            **setup.length._asdict(),
            "method": row.method,
            "beta": row.choice.beta if row.choice else None,
            "beta_at_edge_of_sweep": row.choice.at_edge if row.choice else None,
            "beta_chosen_by": criterion(setup).name,
            "seeds": len(row.runs),
        }
        for measure in MEASURES.values():
            value = row.estimate(measure)
            if isinstance(value, str):
                record |= {measure.name: None, f"{measure.name}_note": f"not computed: {value}"}
            else:
                record |= {
                    measure.name: value.mean,
                    f"{measure.name}_std": value.std,
                    f"{measure.name}_half_width": value.half_width,
                }
            for paper in row.paper:
                if measure.name in paper.values:
                    record.setdefault(f"paper_{measure.name}", paper.values[measure.name])
        records.append(record)
    return records
