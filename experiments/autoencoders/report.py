"""Tables and figures of the finished runs."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from experiments.report.compare import interpolate
from experiments.report.measures import Estimate, estimate

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
    "non_finite_steps": ("non-finite steps", ".0f"),
}
"""Measures by column: heading and format. `lesion_size_20`: recovered by half at a contrast of 20 %."""
COMPARED = (
    "psnr",
    "ssim",
    "ms_ssim",
    "resolved_frequency",
    "gain_above_0.25",
    "lesion_size_20",
    "false_structures",
)
DRAWN = ("psnr", "ssim", "resolved_frequency", "gain_above_0.25", "lesion_size_20")
OURS = "measured"
BASELINES = ("l1", "l2")
COLOURS = {"measured": "#0072b2", "l2": "#d55e00", "l1": "#009e73", "l1_mean": "#cc79a7"}
"""Colour-blind safe (Okabe, Ito)."""


def read_lines(path: str | Path) -> pd.DataFrame:
    """Read the JSONL file into one row per run, with the columns of `MEASURES`."""
    text = Path(path).read_text(encoding="utf-8")
    lines = pd.DataFrame([json.loads(line) for line in text.splitlines()])
    if lines.empty:
        raise ValueError(f"`lines` must hold finished runs, got none in {path}")
    lines["correlation_above_0.25"] = [np.mean(bands[2:]) for bands in lines["ring_correlation_by_band"]]
    lines["gain_above_0.25"] = [np.mean(bands[2:]) for bands in lines["gain_by_band"]]
    sizes = lines.get("lesion_size_by_half", pd.Series(index=lines.index, dtype=object))
    lines["lesion_size_20"] = [
        row[1] if isinstance(row, list) and row[1] is not None else np.nan for row in sizes
    ]
    for name in MEASURES:
        lines[name] = pd.to_numeric(lines.get(name, np.nan))
    return lines


def run_table(lines: pd.DataFrame) -> str:
    """Write a part's measures, means over seeds, as a Markdown table."""
    names = [name for name in MEASURES if lines[name].notna().any()]
    rows = []
    for (recipe, beta), own in lines.groupby(["recipe", "beta"], sort=False):
        cells = [_number(own[name].mean(), MEASURES[name][1]) for name in names]
        rows.append([str(recipe), f"{beta:g}", str(len(own)), *cells])
    return _markdown(["term", "beta", "seeds", *(MEASURES[name][0] for name in names)], rows)


def equal_rate_table(lines: pd.DataFrame) -> str:
    """Compare `measured` with each baseline at one KL, seed by seed: mean difference and 95 % interval.

    The KL is the geometric middle of the range that the betas of both cover in every seed. Nothing is
    extrapolated: without such a range the row says so.
    """
    rows = []
    for baseline in BASELINES:
        pair = lines[lines["recipe"].isin([OURS, baseline])]
        kl = _common_kl(pair, baseline)
        if kl is None:
            rows.append([f"{OURS} - {baseline}", "no common KL", "", *[""] * len(COMPARED)])
            continue
        paired = [own for _, own in pair.groupby("seed") if own["recipe"].nunique() == 2]
        cells = []
        for name in COMPARED:
            found = [_difference(own, baseline, name, kl) for own in paired]
            values = [value for value in found if value is not None]
            cells.append(_interval(estimate(values), MEASURES[name][1]) if values else "")
        rows.append([f"{OURS} - {baseline}", f"{kl:.0f}", str(len(paired)), *cells])
    return _markdown(["at equal KL", "KL, nats", "seeds", *(MEASURES[name][0] for name in COMPARED)], rows)


def relative_gain(lines: pd.DataFrame, name: str) -> float | None:
    """Give the measured blur's smallest lead over the baselines at equal KL, as a share of theirs."""
    leads = []
    for baseline in BASELINES:
        pair = lines[lines["recipe"].isin([OURS, baseline])]
        kl = _common_kl(pair, baseline)
        if kl is None:
            continue
        for _, own in pair.groupby("seed"):
            ours, theirs = (_at(own[own["recipe"] == recipe], name, kl) for recipe in (OURS, baseline))
            if ours is not None and theirs:
                leads.append((baseline, ours / theirs - 1))
    means = pd.DataFrame(leads, columns=["baseline", "lead"]).groupby("baseline")["lead"].mean()
    return None if means.empty else float(means.min())


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
        ticks = [400, 800, 1600, 3200, 6400]
        axis.set_xticks(ticks, [str(tick) for tick in ticks])
        axis.set_xlim(0.8 * lines["kl"].min(), 1.25 * lines["kl"].max())
        axis.grid(alpha=0.3)
    axes[0].legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def write_report(lines_file: str | Path, output_dir: str | Path) -> list[Path]:
    """Write the tables, README.md's part between its marks aside, and one figure per part."""
    lines, folder = read_lines(lines_file), Path(output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    written, pieces = [], []
    for part, own in lines.groupby("part", sort=False):
        first = own.iloc[0]
        pieces.append(
            f"## {part}\n\n{first['data']}, network {first['network']}, {first['steps']} steps of "
            f"{first['batch_size']}; commits {_joined(own['commit'])}; {_joined(own['hardware'])}, "
            f"{_joined(own['threads'])} thread(s), torch {_joined(own['torch'])}; "
            f"{own['seconds'].sum() / 60:.0f} minutes of training and measuring in all.\n\n{run_table(own)}"
        )
        if (own["recipe"] == OURS).any() and own["recipe"].isin(BASELINES).any():
            pieces.append(equal_rate_table(own))
        if own["beta"].nunique() > 2:
            figure = folder / f"{part}.png"
            draw(own, figure)
            pieces.append(f"![{part}: measures against the rate]({figure.name})")
            written.append(figure)
    tables = folder / "tables.md"
    tables.write_text("\n\n".join(["# Tables", *pieces]) + "\n", encoding="utf-8")
    return [tables, *written]


def _common_kl(pair: pd.DataFrame, baseline: str) -> float | None:
    """Middle of the range of KL that both terms cover in every seed."""
    low, high = 0.0, np.inf
    for recipe in (OURS, baseline):
        for _, own in pair[pair["recipe"] == recipe].groupby("seed"):
            low, high = max(low, own["kl"].min()), min(high, own["kl"].max())
    complete = {OURS, baseline} <= set(pair["recipe"])
    return float(np.sqrt(low * high)) if complete and low < high else None


def _difference(own: pd.DataFrame, baseline: str, name: str, kl: float) -> float | None:
    ours, theirs = (_at(own[own["recipe"] == recipe], name, kl) for recipe in (OURS, baseline))
    return None if ours is None or theirs is None else ours - theirs


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


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    left = 1
    rule = ["---" if index < left else "---:" for index in range(len(heads))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, rule, *rows))
