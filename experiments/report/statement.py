"""The report's first paragraph: in how many comparisons Wiener blur ranks where the paper has it."""

from collections.abc import Sequence
from itertools import groupby

from experiments.report.ordering import Comparison
from experiments.report.paper import paper_rows
from experiments.report.protocol import is_shortened
from experiments.report.setup import Setup


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


def _item(comparisons: Sequence[Comparison]) -> str:
    """Say where one measure's ranking differs from the paper's, or why it is undecided.

    Args:
        comparisons: of one measure, with the same ranks; they differ in how beta was chosen.

    Returns:
        "PSNR at chosen beta and at equal KL: 2nd of 6, behind FFL (the paper: 1st)".
    """
    first = comparisons[0]
    name = first.measure.label.removesuffix(", dB").replace(", ", " of ")
    ways = " and ".join(f"at {comparison.at}" for comparison in comparisons)
    behind = f", behind {', '.join(first.ahead)}" if first.ahead else ""
    close = f", not told from {', '.join(first.close)}" if first.close else ""
    return (
        f"{name} {ways}: {ordinal(first.rank)} of {first.methods}{behind}{close} "
        f"(the paper: {ordinal(first.paper_rank)})"
    )


def _items(comparisons: Sequence[Comparison]) -> str:
    same: dict[Comparison, list[Comparison]] = {}
    for comparison in comparisons:
        same.setdefault(comparison._replace(at=""), []).append(comparison)
    return "; ".join(_item(group) for group in same.values())


def _headline(comparisons: Sequence[Comparison]) -> str:
    """Say in how many comparisons Wiener blur ranks where the paper says, and what was compared.

    Args:
        comparisons: all of them, at least one.

    Returns:
        One to three sentences.
    """
    count = len(comparisons)
    agreeing, wrong, open_ = (
        sum(comparison.agrees is verdict for comparison in comparisons) for verdict in (True, False, None)
    )
    largest: dict[str, tuple[int, int]] = {}
    for item in comparisons:
        table = item.table.partition(" (")[0]
        largest[table] = max(largest.get(table, (0, 0)), (item.methods, item.paper_methods))
    run = ", ".join(f"{some} of the {every} of {table}" for table, (some, every) in largest.items())
    other = [item.other_data for item in comparisons]
    data = (
        ", on other data than the paper's" if all(other) else ", partly on other data" if any(other) else ""
    )
    text = "The paper's ordering is not reproduced. " if wrong else ""
    text += f"Wiener blur ranks where the paper has it in {agreeing} of {count} comparisons"
    text += f" and elsewhere in {wrong}" if wrong else ""
    text += f", among the methods that were run ({run}){data}."
    pairs, kept = (sum(getattr(item, name) for item in comparisons) for name in ("pairs", "kept"))
    if pairs:
        order = "is that of the paper" if kept == pairs else "is not reproduced"
        text += f" The order of the other methods {order}: {kept} of {pairs} pairs stand as in the paper."
    if open_:
        text += (
            f" {open_} of {count} {'is' if open_ == 1 else 'are'} undecided: the seeds do not tell it from a "
            "method it is ranked against."
        )
    return text


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
    text = _headline(comparisons)
    for (table, setup), group in groupby(comparisons, key=lambda item: (item.table, item.setup)):
        members = list(group)
        agreeing = sum(comparison.agrees is True for comparison in members)
        text += f" {table[0].upper()}{table[1:]}, here {setup}:"
        text += f" {agreeing} of {len(members)} agree"
        for verdict, word in ((False, "not"), (None, "undecided:")):
            chosen = [comparison for comparison in members if comparison.agrees is verdict]
            text += f"; {word} {_items(chosen)}" if chosen else ""
        text += "."
    short = sum(bool(is_shortened(setup.length)) for setup in setups)
    if short:
        text += f" {short} of {len(setups)} groups of runs are shortened or reduced: see the captions."
    if any(len({run.seed for run in setup.of(method)}) == 1 for setup in setups for method in setup.methods):
        text += " Some methods have one seed: close ranks may be chance."
    return text + without
