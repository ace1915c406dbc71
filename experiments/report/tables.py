"""The report's tables: the verdict, methods at their chosen beta and at equal KL, and the runs."""

from collections.abc import Mapping, Sequence

import numpy as np

from experiments.report.compare import (
    Group,
    choose_beta,
    common_kl,
    criterion,
    differences,
    kl_range,
    read_at,
    seed_values,
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

VERDICT = [
    MEASURES[name]
    for name in ("psnr", "ssim", "lpips", "fid_samples", "resolved_frequency", "bits_per_dimension")
]
PARTS = {"Image quality": QUALITY, "Rate and likelihood": LIKELIHOOD, "Sharpness": SHARPNESS}
Record = dict[str, object]


def training_note(group: Group) -> str:
    """Say how long runs trained, and the paper's runs beside them."""
    setup, name = group.setup, group.counterpart
    length = f"{setup.steps or '?'} steps of {setup.batch_size or '?'} images ({setup.epochs or '?'} epochs)"
    text = f"Trained for {length}, {setup.size}, network: {setup.network}."
    if name is None:
        return text
    text += f" The full length for {name} is {EPOCHS[name]} epochs."
    if name != setup.dataset:
        text += f" The paper's rows are of {name}, other images: compare orders, not values."
    return text


def verdict_table(
    groups: Sequence[Group], reference: str, kl: float | None = None
) -> tuple[Table, list[Record]]:
    """Compare every method with the reference at equal KL."""
    table = Table(
        f"Each method against {reference} at equal KL",
        f"The method minus {reference} in pairs of one seed, mean ± half-width of the 95 % "
        "t-interval over seeds. "
        "▲ better and ▼ worse are decided: the interval excludes 0. Without a sign: undecided, as always for "
        "one seed. A method whose beta sweep does not reach the common KL is compared run by run.",
        ("data set", "method", "KL, nats", "seeds", *(item.label for item in VERDICT), "verdict"),
    )
    records: list[Record] = []
    for group in groups:
        for item in differences(group, reference, VERDICT, kl):
            signs = {measure: _sign(measure, item.values.get(measure.name)) for measure in VERDICT}
            cells = []
            for measure in VERDICT:
                value = item.values.get(measure.name)
                cells.append(
                    EMPTY if value is None else f"{_difference(measure, value)} {signs[measure]}".strip()
                )
                if value is not None:
                    verdict = {"▲": "better", "▼": "worse"}.get(signs[measure], "undecided")
                    records.append(
                        {**group.setup._asdict(), "method": item.method, "minus": reference, "kl": item.kl}
                        | {"measure": measure.name, "difference": value.mean, "half_width": value.half_width}
                        | {"seeds": value.number, "verdict": verdict}
                    )
            decided = {sign for sign in signs.values() if sign}
            words = {frozenset(): "undecided", frozenset("▲"): "better", frozenset("▼"): "worse"}
            verdict = words.get(frozenset(decided), "mixed")
            table.rows.append(
                [
                    group.setup.dataset,
                    item.method,
                    f"{item.kl:.1f}",
                    str(item.seeds),
                    *cells,
                    f"**{verdict}**",
                ]
            )
    return table, records


def chosen_tables(group: Group) -> list[Table]:
    """Show each method at its chosen beta, the paper's rows below."""
    if criterion(group).name == "fid_samples":
        note = "Each method at the beta of its lowest FID of samples, the paper's rule."
    else:
        lacking = sum(run.value("fid_samples").mean is None for run in group.runs)
        note = (
            "Each method at the beta of its highest SSIM: the paper's rule, the lowest FID of "
            "samples, cannot be "
            f"used ({lacking} of {len(group.runs)} runs have no FID)."
        )
    images = ", ".join(map(str, sorted({run.images for run in group.runs})))
    tables = []
    for title, measures in PARTS.items():
        caption = (
            f"{note} Test images: {images}. ± is the standard deviation over test images, brackets hold the "
            "half-width of the 95 % t-interval over seeds. Bold: the best value of ours. "
        )
        if title == "Sharpness":
            caption += f"{SHARPNESS_READING} "
        if title == "Image quality":
            caption += "FID is not divided by 1000, as the paper's is. "
        header = ("method", "beta", "seeds", *(measure.label for measure in measures))
        table = Table(f"{title} at the chosen beta", caption + training_note(group), header)
        rows = method_rows(group)
        best = _best(measures, [[_chosen(runs, item)[0] for item in measures] for _, runs, _ in rows])
        for number, (method, runs, paper) in enumerate(rows):
            choice = choose_beta(group, method)
            beta = EMPTY if choice is None else f"{choice.beta:g}"
            if choice is not None and choice.at_edge:
                beta += table.mark(
                    "this beta is the smallest or largest of its sweep: a wider one may find better"
                )
            cells = []
            for column, measure in enumerate(measures):
                value, std, why = _chosen(runs, measure)
                cells.append(_cell(table, measure, value, why, (number, column) in best, std))
            table.rows.append([method, beta, str(len(runs)), *cells])
            if any(measure.name in row.values for row in paper for measure in measures):
                numbers = ", ".join(dict.fromkeys(row.table for row in paper))
                table.rows.append(
                    [f"*the paper, table {numbers}*", "", "", *(_paper(paper, item) for item in measures)]
                )
        tables.append(table)
    return tables


def equal_kl_tables(group: Group) -> list[Table]:
    """Show what methods give for the same rate."""
    common = common_kl(group)
    if common is None:
        return []
    tables = []
    free = tuple(measure for measure in LIKELIHOOD if measure.best is not None)
    for title, measures in (("Image quality", QUALITY), ("Likelihood and sharpness", (*free, *SHARPNESS))):
        table = Table(
            f"{title} at equal KL",
            f"At {common.kl:.1f} nats, linear in log KL between the runs of a method's beta sweep, "
            "for each seed, "
            "never extrapolated. It is the geometric middle of "
            f"{common.lowest:.1f}–{common.highest:.1f} nats, where "
            f"{len(common.methods)} of {len(group.methods)} methods have runs on both sides. "
            "Brackets hold the "
            f"half-width of the 95 % t-interval over seeds. Bold: the best value. {training_note(group)}",
            ("method", "seeds", *(measure.label for measure in measures)),
        )
        inside = [method for method in group.methods if method in common.methods]
        readings = {
            method: [read_at(group.of(method), item.name, common.kl) for item in measures]
            for method in inside
        }
        best = _best(measures, [[item.estimate for item in row] for row in readings.values()])
        for number, (method, row) in enumerate(readings.items()):
            seeds = seed_values(group.of(method), "kl", common.kl)
            lacking = sorted({run.seed for run in group.of(method)} - seeds.keys())
            note = (
                f"without seed {', '.join(map(str, lacking))}: no runs on both sides of {common.kl:.1f} nats"
            )
            cells = [
                _cell(table, measure, reading.estimate, reading.why_not, (number, column) in best)
                for column, (measure, reading) in enumerate(zip(measures, row, strict=True))
            ]
            table.rows.append([method, f"{len(seeds)}{table.mark(note) if lacking else ''}", *cells])
        outside = [
            f"{method} ({ends[0]:.1f}–{ends[1]:.1f} nats)"
            for method in group.methods
            if method not in common.methods and (ends := kl_range(group.of(method))) is not None
        ]
        if outside:
            table.caption += f" Not at this KL: {', '.join(outside)}."
        tables.append(table)
    return tables


def runs_table(runs: Sequence[Run]) -> Table:
    """List the runs behind the tables."""
    header = ("run", "method", "beta", "seed", "commit", "hardware", "duration", "started", "command")
    table = Table("Runs", "The command makes a run again from its recorded configuration.", header)
    for run in runs:
        about = run.environment
        minutes, seconds = divmod(round(about["duration_s"]), 60)
        table.rows.append(
            [
                shown(run.folder), run.method, f"{run.beta:g}", str(run.seed),
                str(about.get("commit") or "outside a checkout")[:10],
                f"{about.get('device', 'unknown')}, threads: {about.get('threads', '?')}",
                f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}",
                str(about.get("started", "")).replace("T", " "), f"`{train_again(run.folder)}`",
            ]
        )  # fmt: skip
    return table


def unreported_table(unreported: Sequence[Unreported]) -> Table:
    """List the folders that no other table holds."""
    header = ("folder", "reason", "command that completes it")
    table = Table("Folders not reported", "No number of these is in any table or figure.", header)
    for item in unreported:
        table.rows.append([shown(item.folder), item.reason, f"`{item.command}`" if item.command else EMPTY])
    return table


def records(groups: Sequence[Group]) -> Mapping[str, list[Record]]:
    """Give the tables' numbers in full precision."""
    found: dict[str, list[Record]] = {"runs": [], "chosen_beta": [], "equal_kl": []}
    for group in groups:
        setup = group.setup._asdict()
        for run in group.runs:
            choice = choose_beta(group, run.method)
            chosen = choice is not None and choice.beta == run.beta
            record: Record = {"run": shown(run.folder), **setup, "method": run.method, "beta": run.beta}
            record |= {"seed": run.seed, "chosen": chosen, "chosen_by": criterion(group).name}
            record |= {name: run.environment.get(name) for name in ("commit", "device", "duration_s")}
            record["images"] = run.images
            for name in MEASURES:
                value = run.value(name)
                record |= {name: value.mean, f"{name}_std": value.std, f"{name}_note": _why(value.why_not)}
            found["runs"].append(record)
        common = common_kl(group)
        for method, runs, paper in method_rows(group):
            choice = choose_beta(group, method)
            record = {**setup, "method": method, "beta": choice.beta if choice else None, "seeds": len(runs)}
            record |= {
                "beta_at_edge_of_sweep": choice and choice.at_edge,
                "beta_chosen_by": criterion(group).name,
            }
            equal: Record = {**setup, "method": method, "at_kl": common and common.kl}
            for measure in MEASURES.values():
                mean, std, why = _chosen(runs, measure)
                record |= _numbers(measure, mean, _why(why)) | {f"{measure.name}_std": std}
                for row in paper:
                    if measure.name in row.values:
                        record.setdefault(f"paper_{measure.name}", row.values[measure.name])
                if common is not None and measure.name != "kl":
                    reading = read_at(group.of(method), measure.name, common.kl)
                    equal |= _numbers(measure, reading.estimate, reading.why_not)
            found["chosen_beta"].append(record)
            found["equal_kl"] += [equal] if common else []
    return found


def method_rows(group: Group) -> list[tuple[str, tuple[Run, ...], tuple[PaperRow, ...]]]:
    """Give every method with its runs at the chosen beta and the paper's rows for it."""
    made = [(row.made_by(group.methods), row) for row in group.paper_rows]
    names = [name for name, _ in made]
    rows = []
    for method in sorted(group.methods, key=lambda name: names.index(name) if name in names else len(names)):
        choice = choose_beta(group, method)
        runs = group.of(method, choice.beta) if choice else ()
        rows.append((method, runs, tuple(row for name, row in made if name == method)))
    return rows


def _chosen(runs: Sequence[Run], measure: Measure) -> tuple[Estimate | None, float | None, str | None]:
    """A measure over the seeds of the chosen beta, its deviation over images, or why there is none."""
    values = [run.value(measure.name) for run in runs]
    known = [value for value in values if value.mean is not None]
    if not known:
        reasons = [value.why_not for value in values if value.why_not]
        return None, None, reasons[0] if reasons else "no beta chosen: no run has the criterion"
    stds = [value.std for value in known if value.std is not None]
    return (
        estimate([value.mean for value in known if value.mean is not None]),
        float(np.mean(stds)) if stds else None,
        None,
    )


def _best(measures: Sequence[Measure], rows: Sequence[Sequence[Estimate | None]]) -> set[tuple[int, int]]:
    found = set()
    for column, measure in enumerate(measures):
        values = [None if row[column] is None else row[column].mean for row in rows]  # type: ignore[union-attr]
        found |= {(number, column) for number in best_of(measure, values)}
    return found


def _cell(
    table: Table,
    measure: Measure,
    value: Estimate | None,
    why: str | None,
    best: bool,
    std: float | None = None,
) -> str:
    """One cell: "**23.21 ± 1.60 [0.12]**", or a footnote that says why there is no number."""
    if value is None:
        return EMPTY + table.mark(_why(why) or "not computed")
    text = measure.text(value.mean)
    text += f" ± {measure.text(std)}" if std is not None else ""
    text += f" [{measure.text(value.half_width)}]" if value.half_width is not None else ""
    return f"**{text}**" if best else text


def _paper(rows: Sequence[PaperRow], measure: Measure) -> str:
    texts = [""]
    for row in rows:
        if measure.name in row.values:
            std = f" ± {measure.text(row.stds[measure.name])}" if measure.name in row.stds else ""
            texts.append(f"*{measure.text(row.values[measure.name])}{std}*")
    return max(texts, key=len)


def _difference(measure: Measure, value: Estimate) -> str:
    half = "" if value.half_width is None else f" ± {measure.text(value.half_width)}"
    return f"{value.mean:+.{measure.digits}f}{half}"


def _sign(measure: Measure, value: Estimate | None) -> str:
    if value is None or not value.decided:
        return ""
    return "▲" if (value.mean > 0) == (measure.best == "highest") else "▼"


def _why(reason: str | None) -> str | None:
    return reason if reason is None or reason.startswith("not computed") else f"not computed: {reason}"


def _numbers(measure: Measure, value: Estimate | None, why: str | None) -> Record:
    half = None if value is None else value.half_width
    mean = None if value is None else value.mean
    return {measure.name: mean, f"{measure.name}_half_width": half, f"{measure.name}_note": why}
