"""Seconds per slice, as multiples of one method's."""

import numpy as np

from experiments.report.table import Cell, Table
from experiments.study.results import Results
from experiments.study.tables import MISSING


def seconds_table(results: Results) -> Table:
    """Tabulate seconds per slice, as multiples of one method's.

    Args:
        results: of the study.

    Returns:
        The table.
    """
    coils = sorted({condition.coils for condition in results.plan.conditions})
    unit = results.plan.aim["sparse"][0]

    def median(method: str, number: int) -> float | None:
        values = [
            value
            for condition in results.plan.conditions
            if condition.coils == number
            for value in results.values(method, condition, "seconds").values()
        ]
        return float(np.median(values)) if values else None

    units = {number: median(unit, number) for number in coils}

    def cell(method: str, number: int) -> Cell:
        value, one = median(method, number), units[number]
        return Cell(MISSING if value is None or not one else f"{value / one:.3g}")

    absolute = ", ".join(
        f"{value:.2g} s with {_coils(number)}" for number, value in units.items() if value is not None
    )
    return Table(
        "Time per slice",
        f"Median over slices and conditions, as a multiple of that of {unit} ({absolute or 'not run'}, on "
        "the machine that made these tables). Choosing weights is not included.",
        ("method", *map(_coils, coils)),
        [[Cell(method), *(cell(method, number) for number in coils)] for method in results.methods],
    )


def _coils(number: int) -> str:
    return "1 coil" if number == 1 else f"{number} coils"
