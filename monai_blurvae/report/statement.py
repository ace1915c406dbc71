"""The report's first paragraph: is the paper's ordering reproduced, said plainly."""

from collections.abc import Sequence
from itertools import groupby

from monai_blurvae.report.ordering import Comparison
from monai_blurvae.report.paper import paper_rows
from monai_blurvae.report.protocol import is_shortened
from monai_blurvae.report.setup import Setup


def ordinal(number: int) -> str:
    """Write a rank.

    Args:
        number: 1 or more.

    Returns:
        "1st", "2nd", "3rd", "4th", ...

    Example:
        >>> [ordinal(number) for number in (1, 2, 3, 11, 22)]
        ['1st', '2nd', '3rd', '11th', '22nd']
    """
    teens = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _difference(comparisons: Sequence[Comparison]) -> str:
    """Say where one measure's ranking differs from the paper's.

    Args:
        comparisons: of one measure, with the same ranks; they differ in how beta was chosen.

    Returns:
        "PSNR at chosen beta and at equal KL: 2nd of 6, behind FFL (the paper: 1st)".
    """
    first = comparisons[0]
    name = first.measure.label.removesuffix(", dB").replace(", ", " of ")
    ways = " and ".join(f"at {comparison.at}" for comparison in comparisons)
    behind = f", behind {', '.join(first.ahead)}" if first.ahead else ""
    return (
        f"{name} {ways}: {ordinal(first.rank)} of {first.methods}{behind} "
        f"(the paper: {ordinal(first.paper_rank)})"
    )


def _differences(comparisons: Sequence[Comparison]) -> list[str]:
    same: dict[Comparison, list[Comparison]] = {}
    for comparison in comparisons:
        if not comparison.agrees:
            same.setdefault(comparison._replace(at=""), []).append(comparison)
    return [_difference(group) for group in same.values()]


def statement(comparisons: Sequence[Comparison], setups: Sequence[Setup]) -> str:
    """Say whether Wiener blur ranks where the paper says.

    Args:
        comparisons: all of them, those of one setup and one table next to each other.
        setups: the runs compared.

    Returns:
        A paragraph of plain text.
    """
    tables = {row.table for row in paper_rows()}
    compared = {comparison.table.split()[1] for comparison in comparisons}
    missing = ", ".join(sorted(tables - compared))
    without = f" Without comparable runs: the paper's tables {missing}." if missing else ""
    if not comparisons:
        return f"Nothing can be said of the paper's ordering: no table has runs of two methods.{without}"
    wrong = [comparison for comparison in comparisons if not comparison.agrees]
    if wrong:
        text = f"The paper's ordering is not reproduced: in {len(wrong)} of {len(comparisons)} comparisons"
        text += " Wiener blur does not rank where the paper has it."
    else:
        text = f"The paper's ordering is reproduced: in all {len(comparisons)} comparisons"
        text += " Wiener blur ranks where the paper has it."
    for (table, setup), group in groupby(comparisons, key=lambda item: (item.table, item.setup)):
        members = list(group)
        agreeing = sum(comparison.agrees for comparison in members)
        text += f" {table[0].upper()}{table[1:]}, here {setup}:"
        text += f" {agreeing} of {len(members)} agree"
        text += f"; not {'; '.join(_differences(members))}." if agreeing < len(members) else "."
    short = sum(bool(is_shortened(setup.length)) for setup in setups)
    if short:
        text += (
            f" {short} of {len(setups)} groups of runs are shortened or reduced against the paper's protocol."
        )
    if any(len({run.seed for run in setup.of(method)}) == 1 for setup in setups for method in setup.methods):
        text += " Some methods have one seed: close ranks may be chance."
    return text + without
