"""Where every number comes from: the runs reported, and those left out."""

from collections.abc import Sequence

from experiments.report.choose_beta import choose_beta, criterion
from experiments.report.commands import shown, train_again
from experiments.report.measures import KL, MEASURES
from experiments.report.ordering import Comparison
from experiments.report.run import Run, Unreported
from experiments.report.setup import Setup
from experiments.report.statement import ordinal
from experiments.report.table import Cell, Table


def duration(seconds: float) -> str:
    """Write a duration.

    Args:
        seconds: its length in seconds.

    Returns:
        Hours, minutes and seconds.

    Example:
        >>> duration(3723)
        '1 h 02 min 03 s'
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min {rest:02d} s" if hours else f"{minutes} min {rest:02d} s"


def reported_table(runs: Sequence[Run]) -> Table:
    """List the runs behind the tables.

    Args:
        runs: the runs.

    Returns:
        A row a run.
    """
    header = ("run", "method", "beta", "seed", "commit", "hardware", "duration", "started", "command")
    rows = []
    for run in runs:
        environment = run.environment
        hardware = f"{environment.get('device', 'unknown')}, threads: {environment.get('threads', '?')}"
        words = (
            shown(run.folder), run.method, f"{run.beta:g}", str(run.seed),
            str(environment.get("commit") or "outside a checkout")[:10], hardware,
            duration(environment["duration_s"]), str(environment.get("started", "")),
        )  # fmt: skip
        rows.append([*map(Cell, words), Cell(train_again(run.folder), code=True)])
    return Table(
        "Runs reported", "The command makes a run again from its recorded configuration.", header, rows
    )


def unreported_table(unreported: Sequence[Unreported]) -> Table | None:
    """List the folders that no table holds.

    Args:
        unreported: the folders.

    Returns:
        A row a folder; None where there is none.
    """
    if not unreported:
        return None
    rows = [
        [
            Cell(shown(item.folder)),
            Cell(item.reason),
            Cell(item.command, code=True) if item.command else Cell("—"),
        ]
        for item in unreported
    ]
    caption = "No number of these is in any table or figure."
    return Table("Folders not reported", caption, ("folder", "reason", "command that completes it"), rows)


def ordering_table(comparisons: Sequence[Comparison]) -> Table | None:
    """List the comparisons behind the statement.

    Args:
        comparisons: all of them.

    Returns:
        A row a comparison; None where there is none.
    """
    if not comparisons:
        return None
    rows = []
    for item in comparisons:
        words = (
            item.table, item.setup, item.measure.label, item.at, item.subject,
            f"{ordinal(item.paper_rank)} of {item.methods}", f"{ordinal(item.rank)} of {item.methods}",
            ", ".join(item.ahead), ", ".join(item.close),
        )  # fmt: skip
        verdict = {True: "yes", False: "no", None: "undecided"}[item.agrees]
        rows.append([*map(Cell, words), Cell(verdict, bold=item.agrees is False)])
    header = (
        "the paper's",
        "here",
        "measure",
        "at",
        "method",
        "its rank in the paper",
        "its rank here",
        "behind",
        "not told from",
        "agrees",
    )
    caption = (
        "Ranks among the methods that both have, of means over seeds; values that read equal share a rank. "
        "Not told from: methods with 0 inside the 95 % t-interval of their differences to it seed by seed, "
        "or, without common seeds, with an interval that overlaps its own; undecided: their order "
        "decides whether it agrees."
    )
    return Table("The paper's ordering", caption, header, rows)


def run_records(setups: Sequence[Setup]) -> list[dict[str, object]]:
    """Give every run's numbers in full precision.

    Args:
        setups: the runs.

    Returns:
        A record a run.
    """
    records = []
    for setup in setups:
        chosen = {method: choose_beta(setup, method) for method in setup.methods}
        for run in setup.runs:
            choice = chosen[run.method]
            record: dict[str, object] = {
                "run": shown(run.folder),
                **setup.length._asdict(),
                "method": run.method,
                "beta": run.beta,
                "seed": run.seed,
                "chosen": choice is not None and choice.beta == run.beta,
                "chosen_by": criterion(setup).name,
                "commit": run.environment.get("commit"),
                "device": run.environment.get("device"),
                "duration_s": run.environment["duration_s"],
                "images": run.images,
            }
            for measure in (KL, *(item for item in MEASURES.values() if item is not KL)):
                value = run.value(measure.name)
                record |= {measure.name: value.mean, f"{measure.name}_std": value.std}
                record[f"{measure.name}_note"] = value.why_not and f"not computed: {value.why_not}"
            records.append(record)
    return records
