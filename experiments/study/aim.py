"""Whether the leading method is below all others, and by how much."""

from experiments.report.table import Cell, Table
from experiments.study.condition import Condition
from experiments.study.results import Results
from experiments.study.tables import MISSING, groups


def margin(ours: float, other: float) -> float:
    """Say how far one error lies below another.

    Args:
        ours: an error.
        other: another, positive.

    Returns:
        Percent of the other; negative where ours is larger.

    Example:
        >>> margin(3.0, 4.0)
        25.0
    """
    return 100 * (other - ours) / other


def aim_table(results: Results) -> Table:
    """Tabulate where the aim is met.

    Args:
        results: of the study.

    Returns:
        A row for each mask, number of coils and noise level.
    """
    aim = results.plan.aim
    ours = aim["method"]
    others = [method for method in results.methods if method != ours]
    accelerations = [float(value) for value in aim["acceleration"]]
    special = float(aim["margin_acceleration"])
    rows = []
    for group, conditions in groups(results).items():
        at = {condition.acceleration: condition for condition in conditions}
        cells = [_verdict(results, others, at.get(value), 0) for value in accelerations]
        cells.append(_verdict(results, aim["sparse"], at.get(special), aim["margin"]))
        rows.append([Cell(group.words()), *cells])
    return Table(
        f"The aim: {ours} lowest",
        f"How far the mean NRMSE of {ours} lies below that of the best other method, in percent of the "
        f"latter; the last column: below the best of {' and '.join(aim['sparse'])}. A negative number lies "
        "above.",
        (
            "condition",
            *(f"R = {value:g}" for value in accelerations),
            f"R = {special:g}, at least {aim['margin']:g} %",
        ),
        rows,
    )


def _verdict(results: Results, others: list[str], condition: Condition | None, wanted: float) -> Cell:
    if condition is None:
        return Cell(MISSING)
    best = results.best(others, condition)
    ours = results.mean(results.plan.aim["method"], condition, "nrmse")
    other = None if best is None else results.mean(best, condition, "nrmse")
    if ours is None or other is None:
        return Cell(MISSING)
    below = margin(ours, other)
    met = below > 0 if wanted == 0 else below >= wanted
    verdict = "met" if met else f"missed by {wanted - below:.1f} points"
    return Cell(f"{below:+.1f} % ({best}): {verdict}", bold=met)
