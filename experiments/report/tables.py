"""The report's tables: the verdict, methods at their chosen beta and at equal KL, and the runs."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from experiments.report.compare import (
    Group,
    choose_beta,
    common_kl,
    criterion,
    differences,
    kl_range,
    read_at,
)
from experiments.report.interval import Estimate, estimate
from experiments.report.measures import (
    LIKELIHOOD,
    MEASURES,
    QUALITY,
    SHARPNESS,
    SHARPNESS_READING,
    Measure,
    best_of,
)
from experiments.report.paper import EPOCHS, PaperRow
from experiments.report.runs import Run, Unreported, shown, train_again
from experiments.report.table import EMPTY, Table

NAMES = ("psnr", "ssim", "lpips", "fid_samples", "resolved_frequency", "bits_per_dimension")
VERDICT = [MEASURES[name] for name in NAMES]
PARTS = {"Image quality": QUALITY, "Rate and likelihood": LIKELIHOOD, "Sharpness": SHARPNESS}
READING = "Brackets: half-width of the 95 % t-interval over seeds. Bold: the best value of ours."
SIGNS = {"▲": "better", "▼": "worse", "": "undecided"}
Record = dict[str, object]


class Shown(NamedTuple):
    """What a table shows of a method and a measure."""

    estimate: Estimate | None
    std: float | None
    """Over the test images."""
    why_not: str | None


def notes_of(group: Group) -> list[str]:
    """Say how long runs trained, how beta was chosen, and what was not computed."""
    setup, name = group.setup, group.counterpart
    length = f"{setup.steps or '?'} steps of {setup.batch_size or '?'} images ({setup.epochs or '?'} epochs)"
    notes = [f"Trained for {length}, {setup.size}, network: {setup.network}."]
    if name is not None:
        notes[0] += f" The full length for {name} is {EPOCHS[name]} epochs."
    if name is not None and name != setup.dataset:
        notes[0] += f" The paper's rows are of {name}, other images: compare orders, not values."
    if criterion(group).name == "fid_samples":
        notes.append("Chosen beta: that of a method's lowest FID of samples, the paper's rule.")
    else:
        lacking = sum(run.value("fid_samples").mean is None for run in group.runs)
        notes.append(
            "Chosen beta: that of a method's highest SSIM, since the lowest FID of samples, the paper's "
            f"rule, cannot be used: {lacking} of {len(group.runs)} runs have no FID."
        )
    missing: dict[str, list[str]] = {}
    for measure in MEASURES.values():
        if measure not in _computed(group, [measure]):
            missing.setdefault(group.runs[0].value(measure.name).why_not or "", []).append(measure.label)
    return notes + [f"Not computed: {'; '.join(labels)} ({why})." for why, labels in missing.items()]


def verdict_table(
    groups: Sequence[Group], reference: str, kl: float | None = None
) -> tuple[Table, list[Record]]:
    """Compare every method with the reference at equal KL; give the table and its numbers."""
    table = Table(
        f"Each method against {reference} at equal KL",
        f"The method minus {reference} in pairs of one seed, mean ± half-width of the 95 % t-interval over "
        "seeds. ▲ better and ▼ worse are decided: the interval excludes 0. Without a sign: undecided, as "
        "always for one seed. A method whose beta sweep does not reach the common KL is compared run by run.",
        ("data set", "method", "KL, nats", "seeds", *(item.label for item in VERDICT), "verdict"),
    )
    records: list[Record] = []
    for group in groups:
        for item in differences(group, reference, VERDICT, kl):
            cells, decided = [], set()
            for measure in VERDICT:
                value = item.values.get(measure.name)
                sign = _sign(measure, value)
                decided |= {sign} - {""}
                cells.append(EMPTY if value is None else f"{_signed(measure, value)} {sign}".strip())
                if value is not None:
                    record: Record = {**group.setup._asdict(), "method": item.method, "minus": reference}
                    record |= {"kl": item.kl, "measure": measure.name, "difference": value.mean}
                    record |= {"half_width": value.half_width, "seeds": value.number, "verdict": SIGNS[sign]}
                    records.append(record)
            verdict = "mixed" if len(decided) > 1 else SIGNS[next(iter(decided), "")]
            first = [group.setup.dataset, item.method, f"{item.kl:.1f}", str(item.seeds)]
            table.rows.append([*first, *cells, f"**{verdict}**"])
    return table, records


def chosen_tables(group: Group) -> list[Table]:
    """Show each method at its chosen beta, the paper's rows below."""
    tables = []
    for title, every in PARTS.items():
        measures = _computed(group, every)
        images = ", ".join(map(str, sorted({run.images for run in group.runs})))
        caption = f"±: standard deviation over {images} test images. {READING}"
        caption += f" {SHARPNESS_READING}" if every is SHARPNESS else ""
        caption += " FID is not divided by 1000, as the paper's is." if every is QUALITY else ""
        table = Table(f"{title} at the chosen beta", caption, ("method", "beta", "seeds", *_labels(measures)))
        rows = method_rows(group)
        cells = _cells(table, measures, [_at_chosen_beta(runs) for _, runs, _ in rows])
        for (method, runs, paper), own in zip(rows, cells, strict=True):
            choice = choose_beta(group, method)
            beta = EMPTY if choice is None else f"{choice.beta:g}"
            if choice is not None and choice.at_edge:
                beta += table.mark("the smallest or largest of its sweep: a wider one may find better")
            table.rows.append([method, beta, str(len(runs)), *own])
            theirs = [_paper(paper, item) for item in measures]
            if any(theirs):
                numbers = ", ".join(dict.fromkeys(row.table for row in paper))
                table.rows.append([f"*the paper, table {numbers}*", "", "", *theirs])
        tables.append(table)
    return tables


def equal_kl_tables(group: Group) -> list[Table]:
    """Show what methods give for the same rate; no table if no two methods share a KL."""
    common = common_kl(group)
    if common is None:
        return []
    rate_free = [measure for measure in LIKELIHOOD if measure.best is not None]
    parts = {"Image quality": QUALITY, "Likelihood and sharpness": (*rate_free, *SHARPNESS)}
    outside = [
        f"{method} ({ends[0]:.1f}–{ends[1]:.1f} nats)"
        for method in group.methods
        if method not in common.methods and (ends := kl_range(group.of(method))) is not None
    ]
    tables = []
    for title, every in parts.items():
        measures = _computed(group, every)
        table = Table(
            f"{title} at equal KL",
            f"At {common.kl:.1f} nats, linear in log KL between the runs of a method's beta sweep, for "
            "each seed, never extrapolated: the geometric middle of "
            f"{common.lowest:.1f}–{common.highest:.1f} nats, where {len(common.methods)} of "
            f"{len(group.methods)} methods have runs on both sides. {READING}"
            + (f" Not at this KL: {', '.join(outside)}." if outside else ""),
            ("method", "seeds", *_labels(measures)),
        )
        cells = _cells(table, measures, [_at_kl(group, method, common.kl) for method in common.methods])
        for method, own in zip(common.methods, cells, strict=True):
            seeds = read_at(group.of(method), "kl", common.kl).estimate
            table.rows.append([method, str(seeds.number if seeds else 0), *own])
        tables.append(table)
    return tables


def runs_table(runs: Sequence[Run]) -> Table:
    """List the runs behind the tables."""
    header = ("run", "method", "beta", "seed", "commit", "hardware", "duration", "started", "command")
    table = Table("Runs", "The command makes a run again from its recorded configuration.", header)
    for run in runs:
        about = run.environment
        minutes, seconds = divmod(round(about["duration_s"]), 60)
        commit = str(about.get("commit") or "outside a checkout")[:10]
        hardware = f"{about.get('device', 'unknown')}, threads: {about.get('threads', '?')}"
        duration = f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
        started = str(about.get("started", "")).replace("T", " ")
        cells = [shown(run.folder), run.method, f"{run.beta:g}", str(run.seed), commit, hardware, duration]
        table.rows.append([*cells, started, f"`{train_again(run.folder)}`"])
    return table


def unreported_table(unreported: Sequence[Unreported]) -> Table:
    """List the folders that no other table holds."""
    header = ("folder", "reason", "command that completes it")
    table = Table("Folders not reported", "No number of these is in any table or figure.", header)
    for item in unreported:
        table.rows.append([shown(item.folder), item.reason, f"`{item.command}`" if item.command else EMPTY])
    return table


def records(groups: Sequence[Group]) -> Mapping[str, list[Record]]:
    """Give the tables' numbers in full precision, by name of the CSV file."""
    found: dict[str, list[Record]] = {"runs": [], "chosen_beta": [], "equal_kl": []}
    for group in groups:
        setup = group.setup._asdict()
        for run in group.runs:
            choice = choose_beta(group, run.method)
            record: Record = {"run": shown(run.folder), **setup, "method": run.method, "beta": run.beta}
            record |= {"seed": run.seed, "chosen": choice is not None and choice.beta == run.beta}
            record |= {name: run.environment.get(name) for name in ("commit", "device", "duration_s")}
            record["images"] = run.images
            for name in MEASURES:
                value = run.value(name)
                record |= {name: value.mean, f"{name}_std": value.std, f"{name}_note": value.why_not}
            found["runs"].append(record)
        common = common_kl(group)
        for method, runs, paper in method_rows(group):
            choice = choose_beta(group, method)
            record = {**setup, "method": method, "beta": choice and choice.beta, "seeds": len(runs)}
            record |= {"beta_at_edge": choice and choice.at_edge, "beta_chosen_by": criterion(group).name}
            record |= _numbers(_at_chosen_beta(runs))
            for row in paper:
                record |= {f"paper_{name}": value for name, value in row.values.items()}
            found["chosen_beta"].append(record)
            if common is not None:
                equal: Record = {**setup, "method": method, "at_kl": common.kl}
                found["equal_kl"].append(equal | _numbers(_at_kl(group, method, common.kl)))
    return found


def method_rows(group: Group) -> list[tuple[str, tuple[Run, ...], tuple[PaperRow, ...]]]:
    """Give every method with its runs at the chosen beta and the paper's rows, the paper's methods first."""
    made = [(row.made_by(group.methods), row) for row in group.paper_rows]
    names = [name for name, _ in made]
    rows = []
    for method in sorted(group.methods, key=lambda name: names.index(name) if name in names else len(names)):
        choice = choose_beta(group, method)
        runs = group.of(method, choice.beta) if choice else ()
        rows.append((method, runs, tuple(row for name, row in made if name == method)))
    return rows


def _computed(group: Group, measures: Sequence[Measure]) -> list[Measure]:
    """The measures that a run has."""
    return [item for item in measures if any(run.value(item.name).mean is not None for run in group.runs)]


def _at_chosen_beta(runs: Sequence[Run]) -> dict[str, Shown]:
    found = {}
    for name in MEASURES:
        values = [run.value(name) for run in runs]
        means = [value.mean for value in values if value.mean is not None]
        stds = [value.std for value in values if value.std is not None]
        reasons = [value.why_not for value in values if value.why_not]
        why = None if means else next(iter(reasons), "no beta chosen: no run has the criterion")
        found[name] = Shown(estimate(means) if means else None, float(np.mean(stds)) if stds else None, why)
    return found


def _at_kl(group: Group, method: str, kl: float) -> dict[str, Shown]:
    readings = {name: read_at(group.of(method), name, kl) for name in MEASURES}
    return {name: Shown(reading.estimate, None, reading.why_not) for name, reading in readings.items()}


def _cells(table: Table, measures: Sequence[Measure], rows: Sequence[Mapping[str, Shown]]) -> list[list[str]]:
    """Cells such as "**23.21 ± 1.60 [0.12]**", or a footnote that says why there is no number."""
    columns = []
    for measure in measures:
        column = [row[measure.name] for row in rows]
        best = best_of(measure, [item.estimate and item.estimate.mean for item in column])
        cells = []
        for number, item in enumerate(column):
            if item.estimate is None:
                cells.append(EMPTY + table.mark(f"not computed: {item.why_not}"))
                continue
            text = measure.text(item.estimate.mean)
            half = item.estimate.half_width
            text += f" ± {measure.text(item.std)}" if item.std is not None else ""
            text += f" [{measure.text(half)}]" if half is not None else ""
            cells.append(f"**{text}**" if number in best else text)
        columns.append(cells)
    return [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in rows]


def _paper(rows: Sequence[PaperRow], measure: Measure) -> str:
    """The paper's value; the fullest of several rows."""
    texts = [""]
    for row in rows:
        if measure.name in row.values:
            std = f" ± {measure.text(row.stds[measure.name])}" if measure.name in row.stds else ""
            texts.append(f"*{measure.text(row.values[measure.name])}{std}*")
    return max(texts, key=len)


def _labels(measures: Sequence[Measure]) -> list[str]:
    return [measure.label for measure in measures]


def _signed(measure: Measure, value: Estimate) -> str:
    half = "" if value.half_width is None else f" ± {measure.text(value.half_width)}"
    return f"{value.mean:+.{measure.digits}f}{half}"


def _sign(measure: Measure, value: Estimate | None) -> str:
    if value is None or not value.decided:
        return ""
    return "▲" if (value.mean > 0) == (measure.best == "highest") else "▼"


def _numbers(values: Mapping[str, Shown]) -> Record:
    record: Record = {}
    for name, item in values.items():
        record |= {name: item.estimate and item.estimate.mean, f"{name}_std": item.std}
        record |= {
            f"{name}_half_width": item.estimate and item.estimate.half_width,
            f"{name}_note": item.why_not,
        }
    return record
