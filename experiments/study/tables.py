"""A study's results under one mask, number of coils and noise level, as tables."""

from collections.abc import Callable

import numpy as np

from experiments.report.table import Cell, Table
from experiments.study.condition import Condition
from experiments.study.paired import Paired, by_subject, paired
from experiments.study.published import DEEP_DENSITY_PRIORS, LABEL
from experiments.study.results import Results

MISSING = "–"


def groups(results: Results) -> dict[Condition, list[Condition]]:
    """Sort conditions by mask, coils and noise.

    Args:
        results: of the study.

    Returns:
        The group to its conditions, by acceleration.
    """
    found: dict[Condition, list[Condition]] = {}
    for condition in results.plan.conditions:
        found.setdefault(condition.group, []).append(condition)
    return {group: sorted(members, key=lambda item: item.acceleration) for group, members in found.items()}


def nrmse_table(results: Results, group: Condition) -> Table:
    """Tabulate NRMSE at every acceleration, the published figures below.

    Args:
        results: of the study.
        group: mask, coils and noise.

    Returns:
        The table, the best of every column bold.
    """
    conditions = groups(results)[group]
    best = {condition: results.best(results.methods, condition) for condition in conditions}

    def cell(method: str, condition: Condition) -> Cell:
        values = results.values(method, condition, "nrmse")
        if not values:
            return Cell(MISSING)
        means = list(by_subject(values).values())
        spread = f" ({np.std(means, ddof=1):.2f})" if len(means) > 1 else ""
        return Cell(f"{np.mean(means):.2f}{spread}", bold=method == best[condition])

    rows = _rows(results, conditions, cell)
    published = [DEEP_DENSITY_PRIORS.get(condition.acceleration) for condition in conditions]
    rows.append(
        [
            Cell(LABEL, italic=True),
            *(Cell(MISSING if value is None else f"{value:.2f}", italic=True) for value in published),
        ]
    )
    return Table(
        f"NRMSE, {group.words()}",
        "Percent; mean over subjects of the mean over slices (standard deviation over subjects). "
        "Bold: the least of its column.",
        _header(conditions),
        rows,
    )


def fidelity_table(results: Results, group: Condition) -> Table:
    """Tabulate PSNR and SSIM at every acceleration.

    Args:
        results: of the study.
        group: mask, coils and noise.

    Returns:
        The table.
    """
    conditions = groups(results)[group]

    def cell(method: str, condition: Condition) -> Cell:
        psnr, ssim = (results.mean(method, condition, name) for name in ("psnr", "ssim"))
        return Cell(MISSING if psnr is None else f"{psnr:.2f} / {ssim:.4f}")

    return Table(
        f"PSNR and SSIM, {group.words()}",
        "PSNR in dB / SSIM; mean over subjects of the mean over slices.",
        _header(conditions),
        _rows(results, conditions, cell),
    )


def paired_table(results: Results, group: Condition) -> Table:
    """Tabulate the leading method's NRMSE minus every other's, slice by slice.

    Args:
        results: of the study.
        group: mask, coils and noise.

    Returns:
        The table.
    """
    conditions = groups(results)[group]
    ours = results.plan.aim["method"]
    rows = [
        [Cell(other), *(Cell(_difference(compare(results, other, condition))) for condition in conditions)]
        for other in results.methods
        if other != ours
    ]
    return Table(
        f"{ours} minus each other method, {group.words()}",
        "NRMSE in percentage points: mean over subjects of paired differences, [95 % t-interval over "
        "subjects], and in how many slices it is lower.",
        _header(conditions),
        rows,
    )


def subject_table(results: Results, group: Condition) -> Table | None:
    """Tabulate the same differences for every subject, at the acceleration that the aim singles out.

    Args:
        results: of the study.
        group: mask, coils and noise.

    Returns:
        The table; None where the group lacks that acceleration.
    """
    aim = results.plan.aim
    condition = group._replace(acceleration=aim["margin_acceleration"])
    if condition not in groups(results)[group]:
        return None
    subjects = results.facts["test"]
    ours = results.values(aim["method"], condition, "nrmse")

    def cells(other: str) -> list[Cell]:
        theirs = results.values(other, condition, "nrmse")
        means = by_subject({key: value - theirs[key] for key, value in ours.items() if key in theirs})
        return [Cell(f"{means[name]:+.2f}" if name in means else MISSING) for name in subjects]

    return Table(
        f"The same by subject at R = {condition.acceleration:g}, {group.words()}",
        "NRMSE in percentage points: mean of paired differences over the subject's slices.",
        ("method", *subjects),
        [[Cell(other), *cells(other)] for other in results.methods if other != aim["method"]],
    )


def compare(results: Results, other: str, condition: Condition) -> Paired | None:
    """Compare the leading method's NRMSE with another's.

    Args:
        results: of the study.
        other: the other method's name.
        condition: of the measurement.

    Returns:
        The leading method's minus the other's; None where they have no slice in common.
    """
    ours = results.plan.aim["method"]
    return paired(results.values(ours, condition, "nrmse"), results.values(other, condition, "nrmse"))


def _rows(
    results: Results, conditions: list[Condition], cell: Callable[[str, Condition], Cell]
) -> list[list[Cell]]:
    return [
        [Cell(method), *(cell(method, condition) for condition in conditions)] for method in results.methods
    ]


def _difference(item: Paired | None) -> str:
    if item is None:
        return MISSING
    middle, half = item.estimate.mean, item.estimate.half_width
    interval = "" if half is None else f" [{middle - half:+.2f}, {middle + half:+.2f}]"
    return f"{middle:+.2f}{interval}, {item.won} of {item.slices}"


def _header(conditions: list[Condition]) -> tuple[str, ...]:
    return ("method", *(f"R = {condition.acceleration:g}" for condition in conditions))
