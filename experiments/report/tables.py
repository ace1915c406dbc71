"""The report's tables: the verdict at equal KL, methods at their chosen beta, and the runs."""

from collections.abc import Mapping, Sequence

import numpy as np

from experiments.report.compare import (
    Group,
    choose_beta,
    common_kl,
    criterion,
    differences,
    kl_range,
    seed_values,
)
from experiments.report.measures import (
    LIKELIHOOD,
    MEASURES,
    QUALITY,
    SHARPNESS,
    SHARPNESS_READING,
    Estimate,
    Measure,
    best_of,
    estimate,
)
from experiments.report.paper import EPOCHS, PaperRow
from experiments.report.runs import Run, Unreported, shown, train_again
from experiments.report.table import EMPTY, Table, code

NAMES = ("psnr", "ssim", "lpips", "fid_samples", "resolved_frequency", "bits_per_dimension")
VERDICT = [MEASURES[name] for name in NAMES]
PARTS = {"Image quality": QUALITY, "Rate and likelihood": LIKELIHOOD, "Sharpness": SHARPNESS}
SHARED = ("latent_size", "hidden_size", "features", "upsampling", "learning_rate", "scale", "min_brain")
"""Settings that methods to be compared should share."""
SIGNS = {"▲": "better", "▼": "worse", "": "undecided"}
Record = dict[str, object]


def notes_of(group: Group) -> list[str]:
    """Say how long runs trained, with which settings, how beta was chosen, and what was not computed."""
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
    common = common_kl(group)
    if common is not None:
        ranges = {name: kl_range(group.of(name)) for name in group.methods if name not in common.methods}
        outside = [f"{name} ({ends[0]:.1f}–{ends[1]:.1f} nats)" for name, ends in ranges.items() if ends]
        notes.append(
            f"Common KL: {common.kl:.1f} nats, the geometric middle of {common.lowest:.1f}–"
            f"{common.highest:.1f} nats, where {len(common.methods)} of {len(group.methods)} methods have "
            "runs on both sides." + (f" Not at this KL: {', '.join(outside)}." if outside else "")
        )
    missing: dict[str, list[str]] = {}
    for measure in MEASURES.values():
        if not _computed(group, [measure]):
            missing.setdefault(group.runs[0].value(measure.name).why_not or "", []).append(measure.label)
    notes += [f"Not computed: {'; '.join(labels)} ({why})." for why, labels in missing.items()]
    values = {name: sorted({_words(run.setting(name)) for run in group.runs}) for name in SHARED}
    sizes = ("features", "latent_size", "hidden_size")
    words = "; ".join(f"{name.replace('_', ' ')} {' or '.join(values[name])}" for name in sizes)
    notes.append(f"Network {setup.network}: {words}.")
    notes += [
        f"Methods differ in `{name}`: {'; '.join(own)}." for name, own in values.items() if len(own) > 1
    ]
    unchosen = [method for method in group.methods if choose_beta(group, method) is None]
    return notes + ([f"No beta could be chosen for {', '.join(unchosen)}."] if unchosen else [])


def verdict_table(
    groups: Sequence[Group], reference: str, kl: float | None = None
) -> tuple[Table, list[Record]]:
    """Compare every method with the reference at equal KL; give the table and its numbers."""
    table = Table(
        f"Each method against {reference} at equal KL",
        f"Means over seeds, linear in log KL between the runs of a method's beta sweep, for each seed, never "
        f"extrapolated. In brackets the method minus {reference} in pairs of one seed, ± half-width of the "
        "95 % t-interval over seeds. ▲ better and ▼ worse are decided: the interval excludes 0. Without a "
        "sign: undecided, as always for one seed. A method whose beta sweep does not reach the common KL is "
        "compared run by run.",
        ("data set", "method", "verdict", "KL, nats", "seeds", *(item.label for item in VERDICT)),
    )
    measures = [measure for measure in MEASURES.values() if measure.best is not None]
    records: list[Record] = []
    for group in groups:
        found = differences(group, reference, measures, kl)
        base, rows = group.of(reference), list[list[str]]()
        for at in dict.fromkeys(item.kl for item in found if item.method in group.methods):
            own = [list(seed_values(base, measure.name, at).values()) for measure in VERDICT]
            cells = [
                measure.text(float(np.mean(values))) if values else EMPTY
                for measure, values in zip(VERDICT, own, strict=True)
            ]
            seeds = str(max(map(len, own)))
            rows.append([reference, "", f"{at:.1f}", seeds, *cells])
        for item in found:
            signs = {measure.name: _sign(measure, item.values.get(measure.name)) for measure in measures}
            for measure in measures:
                if measure.name in item.levels:
                    value = item.values.get(measure.name)
                    record: Record = {**group.setup._asdict(), "method": item.method, "minus": reference}
                    record |= {"kl": item.kl, "measure": measure.name, "value": item.levels[measure.name]}
                    record |= {"difference": value and value.mean, "half_width": value and value.half_width}
                    directed = value is not None and measure.best in ("highest", "lowest")
                    record["verdict"] = SIGNS[signs[measure.name]] if directed else None
                    records.append(record | {"seeds": value.number if value else 0})
            cells = [_compared(item.levels, item.values, measure, signs[measure.name]) for measure in VERDICT]
            decided = {signs[measure.name] for measure in VERDICT} - {""}
            verdict = "mixed" if len(decided) > 1 else SIGNS[next(iter(decided), "")]
            rows.append([item.method, f"**{verdict}**", f"{item.kl:.1f}", str(item.seeds), *cells])
        table.rows += [["" if number else group.setup.dataset, *row] for number, row in enumerate(rows)]
    return table, records


def chosen_tables(group: Group) -> list[Table]:
    """Show each method at its chosen beta, the paper's rows below."""
    tables = []
    images = ", ".join(map(str, sorted({run.images for run in group.runs})))
    for title, every in PARTS.items():
        measures = _computed(group, every)
        if not measures:
            continue
        caption = f"±: standard deviation over {images} test images. Brackets: half-width of the 95 % "
        caption += "t-interval over seeds. Bold: the best value of ours."
        caption += f" {SHARPNESS_READING}" if every is SHARPNESS else ""
        caption += " FID is not divided by 1000, as the paper's is." if every is QUALITY else ""
        header = ("method", "beta", "seeds", *(measure.label for measure in measures))
        table = Table(f"{title} at the chosen beta", caption, header)
        rows = method_rows(group)
        columns = [_column(table, measure, [runs for _, runs, _ in rows]) for measure in measures]
        for number, (method, runs, paper) in enumerate(rows):
            choice = choose_beta(group, method)
            beta = EMPTY if choice is None else f"{choice.beta:g}"
            if choice is not None and choice.at_edge:
                beta += table.mark("the smallest or largest of its sweep: a wider one may find better")
            table.rows.append([method, beta, str(len(runs)), *(column[number] for column in columns)])
            theirs = [_paper(paper, item) for item in measures]
            if any(theirs):
                numbers = ", ".join(dict.fromkeys(row.table for row in paper))
                table.rows.append([f"*the paper, table {numbers}*", "", "", *theirs])
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
        table.rows.append([*cells, started, code(train_again(run.folder))])
    return table


def unreported_table(unreported: Sequence[Unreported]) -> Table:
    """List the folders that no other table holds."""
    header = ("folder", "reason", "command that completes it")
    table = Table("Folders not reported", "No number of these is in any table or figure.", header)
    for item in unreported:
        table.rows.append([shown(item.folder), item.reason, code(item.command) if item.command else EMPTY])
    return table


def records(groups: Sequence[Group]) -> dict[str, list[Record]]:
    """Give the numbers of the runs and of the chosen betas in full precision, by name of the CSV file."""
    found: dict[str, list[Record]] = {"runs": [], "chosen_beta": []}
    for group in groups:
        setup = group.setup._asdict()
        for method, chosen, paper in method_rows(group):
            choice = choose_beta(group, method)
            for run in group.of(method):
                record: Record = {"run": shown(run.folder), **setup, "method": method, "beta": run.beta}
                record |= {"seed": run.seed, "chosen": run in chosen, "images": run.images}
                record |= {name: run.environment.get(name) for name in ("commit", "device", "duration_s")}
                for name in MEASURES:
                    value = run.value(name)
                    record |= {name: value.mean, f"{name}_std": value.std, f"{name}_note": value.why_not}
                found["runs"].append(record)
            record = {**setup, "method": method, "beta": choice and choice.beta, "seeds": len(chosen)}
            record |= {"beta_at_edge": choice and choice.at_edge, "beta_chosen_by": criterion(group).name}
            for name in MEASURES:
                level, std, why_not = _over_seeds(chosen, name)
                record |= {name: level and level.mean, f"{name}_half_width": level and level.half_width}
                record |= {f"{name}_std": std, f"{name}_note": why_not}
            for row in paper:
                record |= {f"paper_{name}": value for name, value in row.values.items()}
            found["chosen_beta"].append(record)
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


def _words(setting: object) -> str:
    return ", ".join(map(str, setting)) if isinstance(setting, list) else str(setting)


def _computed(group: Group, measures: Sequence[Measure]) -> list[Measure]:
    """The measures that a run has."""
    return [item for item in measures if any(run.value(item.name).mean is not None for run in group.runs)]


def _over_seeds(runs: Sequence[Run], name: str) -> tuple[Estimate | None, float | None, str | None]:
    """A measure's mean over seeds, its mean standard deviation over images, and why there is none."""
    values = [run.value(name) for run in runs]
    means = [value.mean for value in values if value.mean is not None]
    stds = [value.std for value in values if value.std is not None]
    reasons = (value.why_not for value in values if value.why_not)
    why_not = None if means else next(reasons, "no beta chosen: no run has the criterion")
    return estimate(means) if means else None, float(np.mean(stds)) if stds else None, why_not


def _column(table: Table, measure: Measure, rows: Sequence[Sequence[Run]]) -> list[str]:
    """Cells such as "**23.21 ± 1.60 [0.12]**", or a footnote that says why there is no number."""
    column = [_over_seeds(runs, measure.name) for runs in rows]
    best = best_of(measure, [value and value.mean for value, _, _ in column])
    cells = []
    for number, (value, std, why_not) in enumerate(column):
        if value is None:
            cells.append(EMPTY + table.mark(f"not computed: {why_not}"))
            continue
        text = measure.text(value.mean)
        text += f" ± {measure.text(std)}" if std is not None else ""
        text += f" [{measure.text(value.half_width)}]" if value.half_width is not None else ""
        cells.append(f"**{text}**" if number in best else text)
    return cells


def _paper(rows: Sequence[PaperRow], measure: Measure) -> str:
    """The paper's value; the fullest of several rows."""
    texts = [""]
    for row in rows:
        if measure.name in row.values:
            std = f" ± {measure.text(row.stds[measure.name])}" if measure.name in row.stds else ""
            texts.append(f"*{measure.text(row.values[measure.name])}{std}*")
    return max(texts, key=len)


def _compared(
    levels: Mapping[str, float], values: Mapping[str, Estimate], measure: Measure, sign: str
) -> str:
    """A cell such as "23.21 (+0.38 ± 0.23 ▲)"."""
    level, value = levels.get(measure.name), values.get(measure.name)
    if level is None:
        return EMPTY
    if value is None:
        return measure.text(level)
    half = "" if value.half_width is None else f" ± {measure.text(value.half_width)}"
    return f"{measure.text(level)} ({value.mean:+.{measure.digits}f}{half}{f' {sign}' if sign else ''})"


def _sign(measure: Measure, value: Estimate | None) -> str:
    """▲ or ▼ where a difference is decided; none where the best value is neither end."""
    if value is None or not value.decided or measure.best not in ("highest", "lowest"):
        return ""
    return "▲" if (value.mean > 0) == (measure.best == "highest") else "▼"
