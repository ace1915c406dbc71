"""The tables at one KL: what methods give for the same rate."""

from collections.abc import Sequence

from experiments.report.chosen_table import best_cells, seeds_text
from experiments.report.equal_kl import CommonKL, common_kl, kl_range, read_at, seed_values
from experiments.report.measures import LIKELIHOOD, MEASURES, QUALITY, SHARPNESS, SHARPNESS_READING, Measure
from experiments.report.protocol import protocol_note
from experiments.report.setup import Setup
from experiments.report.table import Cell, Table

RATE_FREE = tuple(measure for measure in LIKELIHOOD if measure.best is not None)


def _range_text(setup: Setup, method: str) -> str:
    ends = kl_range(setup.of(method))
    if ends is None:
        return "—"
    return f"{ends[0]:.1f}–{ends[1]:.1f}" if ends[0] < ends[1] else f"{ends[0]:.1f}"


def _outside_note(setup: Setup, method: str, kl: float) -> str | None:
    outside = [str(seed) for seed, value in seed_values(setup.of(method), "kl", kl).items() if value is None]
    if not outside:
        return None
    return f"without seed {', '.join(outside)}: no runs on both sides of {kl:.1f} nats"


def _table(setup: Setup, common: CommonKL, title: str, measures: Sequence[Measure]) -> Table:
    readings = [
        [read_at(setup.of(method), item.name, common.kl) for item in measures] for method in setup.methods
    ]
    plain = [[reading.estimate or str(reading.why_not) for reading in row] for row in readings]
    lines = []
    for method, row, cells in zip(setup.methods, readings, best_cells(measures, plain), strict=True):
        seeds = max((reading.estimate.seeds for reading in row if reading.estimate), default=0)
        shown = [
            cell
            if reading.estimate or str(reading.why_not).startswith("not computed")
            else Cell(str(reading.why_not))
            for reading, cell in zip(row, cells, strict=True)
        ]
        note = _outside_note(setup, method, common.kl) if seeds else None
        seed_cell = Cell(seeds_text(seeds) if seeds else "—", note=note)
        lines.append([Cell(method), Cell(_range_text(setup, method)), seed_cell, *shown])
    caption = (
        f"Every measure at {common.kl:.1f} nats, interpolated linearly in log KL between the runs of a "
        "method's beta sweep on either side, in each seed's sweep, and never extrapolated. "
        f"{common.kl:.1f} nats is the geometric middle of {common.lowest:.1f}–{common.highest:.1f} nats, "
        "the KL that most methods have runs on both sides of "
        f"({len(common.methods)} of {len(setup.methods)}). "
        "Brackets hold the half-width of the 95 % t-interval of the mean over seeds. Bold: the best value. "
        f"{protocol_note(setup.length)}"
    )
    if any(measure in SHARPNESS for measure in measures):
        caption += f" {SHARPNESS_READING}"
    header = ("method", "KL of its runs, nats", "seeds", *(measure.label for measure in measures))
    return Table(title, caption, header, lines)


def equal_kl_tables(setup: Setup) -> list[Table]:
    """Make the tables at one KL.

    Args:
        setup: the runs to compare.

    Returns:
        The tables; none where no two methods share a KL.
    """
    common = common_kl(setup)
    if common is None:
        return []
    return [
        _table(setup, common, "Image quality at equal KL", QUALITY),
        _table(setup, common, "Likelihood and sharpness at equal KL", (*RATE_FREE, *SHARPNESS)),
    ]


def equal_kl_records(setup: Setup) -> list[dict[str, object]]:
    """Give the same tables' numbers in full precision.

    Args:
        setup: the runs to compare.

    Returns:
        A record a method; none where no two methods share a KL.
    """
    common = common_kl(setup)
    records: list[dict[str, object]] = []
    for method in setup.methods if common else ():
        record: dict[str, object] = {
            **setup.length._asdict(),
            "method": method,
            "at_kl": common and common.kl,
        }
        for measure in MEASURES.values():
            if measure.name == "kl" or common is None:
                continue
            reading = read_at(setup.of(method), measure.name, common.kl)
            record[measure.name] = reading.estimate and reading.estimate.mean
            record[f"{measure.name}_half_width"] = reading.estimate and reading.estimate.half_width
            record[f"{measure.name}_note"] = reading.why_not
        records.append(record)
    return records
