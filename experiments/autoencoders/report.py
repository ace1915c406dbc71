"""Tables and figures of the finished runs."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import LogLocator, ScalarFormatter

from experiments.autoencoders.latents_report import latents_tables
from experiments.autoencoders.lesions import CONTRASTS, DIAMETERS
from experiments.lines import Lines, Record, read_lines
from experiments.report.compare import interpolate
from experiments.report.measures import Estimate, estimate
from experiments.report.table import Table
from monai_blurvae.files import write_text

MEASURES = {
    "kl": ("KL, nats", ".0f"),
    "psnr": ("PSNR, dB", ".2f"),
    "ssim": ("SSIM", ".3f"),
    "ms_ssim": ("MS-SSIM", ".4f"),
    "resolved_frequency": ("resolved, cycles/pixel", ".3f"),
    "correlation_above_0.25": ("correlation above 0.25", ".2f"),
    "gain_above_0.25": ("gain above 0.25", ".2f"),
    "lesion_size_20": ("lesion size, pixels", ".2f"),
    "false_structures": ("false structures", ".1f"),
    "efficientnet_lite2_distance": ("EfficientNet-Lite2 distance", ".4f"),
    "non_finite_steps": ("non-finite steps", ".0f"),
}
"""Measures by column: heading and format. `lesion_size_20`: recovered by half at a contrast of 20 %;
missing where no size was."""
COMPARED = (
    "psnr",
    "ssim",
    "ms_ssim",
    "efficientnet_lite2_distance",
    "resolved_frequency",
    "gain_above_0.25",
    "lesion_size_20",
    "false_structures",
)
DRAWN = ("psnr", "ssim", "resolved_frequency", "gain_above_0.25", "lesion_size_20")
RELATIVE = {"resolved_frequency": "resolved", "lesion_size_20": "lesion size"}
"""Measures whose lead is given as a share, too, with their names."""
SETUP = ["data", "network", "steps", "batch_size"]
"""Runs that agree in these may be compared."""
POINTS = 9
"""KLs at which terms are compared, evenly spaced in log KL."""
OURS = "measured"
BASELINES = ("l1", "l2")
COLOURS = {
    "measured": "#0072b2",
    "measured_C0.1": "#56b4e9",
    "measured_C0.025": "#000000",
    "network7_bounded": "#000000",
    "network7": "#7f7f7f",
    "least_squares7": "#e69f00",
    "l2": "#d55e00",
    "l1": "#009e73",
    "l1_mean": "#cc79a7",
    "l1_mean+perc+disc": "#e69f00",
}
"""Colour-blind safe (Okabe, Ito)."""


def read_runs(path: str | Path) -> tuple[pd.DataFrame, Lines]:
    """Read the JSONL file into one row per run, with the columns of `MEASURES`, and give its lines."""
    lines = read_lines(path, _run)
    if not lines.records:
        raise ValueError(f"`lines` must hold finished runs, got none in {path}")
    return pd.DataFrame(lines.records), lines


def _run(line: Record) -> Record:
    others = ("name", "part", *SETUP, "commit", "hardware", "threads", "torch")
    about = {"recipe": line["recipe"], **{name: line.get(name, "unknown") for name in others}}
    if not all(isinstance(value, str | int) for value in about.values()):
        raise ValueError(f"one of {', '.join(about)} is neither text nor a whole number")
    sizes = line.get("lesion_size_by_half")
    measures = {
        **line,
        "correlation_above_0.25": np.mean(line["ring_correlation_by_band"][2:]),
        "gain_above_0.25": np.mean(line["gain_by_band"][2:]),
        "lesion_size_20": sizes and sizes[1],
    }
    numbers = {name: math.nan if measures.get(name) is None else float(measures[name]) for name in MEASURES}
    if not math.isfinite(numbers["kl"]):
        raise ValueError(f"`kl` is {numbers['kl']}")
    shares = line.get("lesion_recovery")
    known = None if shares is None else np.asarray(shares, float).reshape(len(CONTRASTS), len(DIAMETERS))
    run = {**about, "beta": float(line["beta"]), "seed": int(line["seed"]), **numbers}
    return {**run, "lesion_recovery": known}


def run_table(lines: pd.DataFrame, title: str, caption: str) -> Table:
    """Tabulate the measures of runs, means over seeds."""
    table = Table(title, caption, ["term", "beta", "seeds", *(head for head, _ in MEASURES.values())])
    for (recipe, beta), own in lines.groupby(["recipe", "beta"], sort=False):
        cells = [_number(own[name].mean(), form) for name, (_, form) in MEASURES.items()]
        table.rows.append([str(recipe), f"{beta:g}", str(len(own)), *cells])
    return table


def lesion_table(lines: pd.DataFrame, title: str) -> Table:
    """Tabulate the contrast that comes back of lesions, means over seeds; no rows where none were put in."""
    caption = "Share of the contrast of a lesion that comes back, by its contrast and its diameter in pixels."
    heads = ["term", "beta", "seeds", "KL, nats", "contrast", *map(str, DIAMETERS)]
    table = Table(f"{title}: lesions", caption, heads)
    if lines["lesion_recovery"].isna().any():
        return table
    for (recipe, beta), own in lines.groupby(["recipe", "beta"], sort=False):
        shares = np.mean(np.stack(own["lesion_recovery"].tolist()), axis=0)
        first = [str(recipe), f"{beta:g}", str(len(own)), f"{own['kl'].mean():.0f}"]
        table.rows += [
            [*first, f"{contrast:.0%}", *(f"{share:.2f}" for share in row)]
            for contrast, row in zip(CONTRASTS, shares, strict=True)
        ]
    return table


def equal_rate_table(lines: pd.DataFrame, title: str = "At equal KL") -> Table:
    """Compare every term with the baselines of two betas or more at equal KL, in pairs of one seed.

    The difference is the mean over the range of log KL that both cover in every seed that has both (as in
    Bjontegaard's measure of video codecs), or at the KL of a term's only run. Nothing is extrapolated:
    without such a range the row says so.
    """
    heads = [*(MEASURES[name][0] for name in COMPARED), *(f"{name}, share" for name in RELATIVE.values())]
    caption = (
        "Mean paired difference over the common range of KL, then over seeds, with the half-width of its "
        "95 % t-interval."
    )
    table = Table(title, caption, ["difference", "KL, nats", "seeds", *heads])
    swept = {recipe for recipe, own in lines.groupby("recipe") if own["beta"].nunique() > 1}
    for recipe in (recipe for recipe in lines["recipe"].unique() if recipe not in BASELINES):
        for baseline in (name for name in (*BASELINES, OURS) if name in swept - {recipe}):
            row, pairs = [f"{recipe} - {baseline}"], equal_rate_pairs(lines, recipe, baseline)
            if not pairs:
                table.rows.append([*row, "no common KL", "", *[""] * len(heads)])
                continue
            low, high = min(pair.kl[0] for pair in pairs), max(pair.kl[-1] for pair in pairs)
            row += [f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}", str(len(pairs))]
            for name in COMPARED:
                leads = [lead for pair in pairs if (lead := pair.difference(name)) is not None]
                row.append(_interval(estimate(leads), MEASURES[name][1]) if leads else "")
            shares = [relative_lead(lines, recipe, baseline, name) for name in RELATIVE]
            table.rows.append([*row, *("" if share is None else f"{share:+.0%}" for share in shares)])
    return table


class Pair(NamedTuple):
    """The runs of two terms with one seed, and the KL at which they are compared."""

    ours: pd.DataFrame
    theirs: pd.DataFrame
    kl: list[float]

    def read(self, name: str) -> list[tuple[float, float]]:
        """Read a measure of both at every KL; empty where one of them lacks it."""
        values = [(_at(self.ours, name, kl), _at(self.theirs, name, kl)) for kl in self.kl]
        known = [(ours, theirs) for ours, theirs in values if ours is not None and theirs is not None]
        return known if len(known) == len(values) else []

    def difference(self, name: str) -> float | None:
        """Give the mean difference of a measure."""
        values = self.read(name)
        return float(np.mean([ours - theirs for ours, theirs in values])) if values else None


def equal_rate_pairs(lines: pd.DataFrame, recipe: str, baseline: str) -> list[Pair]:
    """Pair the runs of two terms, seed by seed, over the range of KL that both cover in every seed."""
    found = []
    least = min(2, lines[lines["recipe"] == recipe]["beta"].nunique())  # runs of a seed that count
    for _, own in lines.groupby("seed"):
        ours, theirs = (own[own["recipe"] == name] for name in (recipe, baseline))
        if len(ours) >= least and len(theirs):
            low = max(ours["kl"].min(), theirs["kl"].min())
            high = min(ours["kl"].max(), theirs["kl"].max())
            found.append((ours, theirs, low, high))
    if all(len(ours) == 1 for ours, *_ in found):  # one run: at its own KL
        return [Pair(ours, theirs, [low]) for ours, theirs, low, high in found if low == high]
    low, high = max(low for *_, low, _ in found), min(high for *_, high in found)
    grid = np.geomspace(low, high, POINTS)[1:-1].tolist()  # rounding may put its ends outside
    return [Pair(ours, theirs, [low, *grid, high]) for ours, theirs, *_ in found] if low < high else []


def relative_lead(lines: pd.DataFrame, recipe: str, baseline: str, name: str) -> float | None:
    """Give a term's lead over a baseline at equal KL, as a share of the baseline's value: mean over seeds."""
    shares = [
        np.mean([ours / theirs - 1 for ours, theirs in values])
        for pair in equal_rate_pairs(lines, recipe, baseline)
        if (values := pair.read(name))
    ]
    return float(np.mean(shares)) if shares else None


def draw(lines: pd.DataFrame, path: Path) -> None:
    """Draw measures against the rate, a point per run, a line per term and seed."""
    names = [name for name in DRAWN if lines[name].notna().any()]
    figure, axes = plt.subplots(1, len(names), figsize=(3.2 * len(names), 3.2), layout="constrained")
    for axis, name in zip(axes, names, strict=True):
        for recipe, colour in COLOURS.items():
            for number, (_, own) in enumerate(lines[lines["recipe"] == recipe].groupby("seed")):
                own = own.sort_values("kl")
                label = recipe if number == 0 else None
                axis.plot(own["kl"], own[name], "o-", color=colour, label=label, markersize=4, linewidth=1)
        axis.set(xlabel="KL, nats per image", ylabel=MEASURES[name][0], xscale="log")
        axis.minorticks_off()
        axis.set_xlim(0.8 * lines["kl"].min(), 1.25 * lines["kl"].max())
        axis.xaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5)))
        axis.xaxis.set_major_formatter(ScalarFormatter())
        axis.grid(alpha=0.3)
    figure.legend(
        *axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=6, frameon=False, fontsize=8
    )
    figure.savefig(path, dpi=130)
    plt.close(figure)


def write_report(
    lines_file: str | Path, output_dir: str | Path, latents_file: str | Path | None = None
) -> list[Path]:
    """Write the tables of all runs and flows, and a figure of each part of several betas."""
    (lines, read), folder = read_runs(lines_file), Path(output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    written, pieces = [], ["# Tables\n"]
    for part, own in lines.groupby("part", sort=False):
        first = own.iloc[0]
        caption = (
            f"{first['data']}, network {first['network']}, {first['steps']} steps of {first['batch_size']}; "
            f"commits {_joined(own['commit'])}; {_joined(own['hardware'])}, "
            f"{_joined(own['threads'])} thread(s), torch {_joined(own['torch'])}."
        )
        pieces.append(run_table(own, str(part), caption).markdown())
        lesions = lesion_table(own, str(part))
        pieces += [lesions.markdown()] if lesions.rows else []
        if own.groupby("recipe")["beta"].nunique().reindex(list(COLOURS)).max() > 1:
            figure = folder / f"{part}.png"
            draw(own, figure)
            pieces.append(f"![{part}: measures against the rate]({figure.name})\n")
            written.append(figure)
    for (data, network, steps, batch), own in lines.groupby(SETUP, sort=False):
        table = equal_rate_table(own, f"At equal KL: {data}, network {network}, {steps} steps of {batch}")
        pieces += [table.markdown()] if table.rows else []
    if latents_file is not None:
        tables, flows = latents_tables(latents_file)
        pieces += [*(table.markdown() for table in tables), flows.markdown()]
    pieces.append(read.markdown())
    page = folder / "tables.md"
    write_text(page, "\n".join(piece for piece in pieces if piece))
    return [page, *written]


def _at(runs: pd.DataFrame, name: str, kl: float) -> float | None:
    known = runs[runs[name].notna()]
    return interpolate(list(zip(known["kl"], known[name], strict=True)), kl)


def _interval(value: Estimate, form: str) -> str:
    text = f"{value.mean:+{form}}"
    return text if value.half_width is None else f"{text} ± {value.half_width:{form}}"


def _number(value: float, form: str) -> str:
    return "" if np.isnan(value) else f"{value:{form}}"


def _joined(values: Iterable[object]) -> str:
    return ", ".join(sorted({str(value) for value in values}))
