"""Frontiers: each measure against the rate, a line for each method's sweep of beta."""

from textwrap import wrap

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, ScalarFormatter

from experiments.report.equal_kl import common_kl
from experiments.report.measures import MEASURES, Measure
from experiments.report.seeds import over_seeds
from experiments.report.setup import Setup
from experiments.report.style import line_styles

SHOWN = (
    "psnr",
    "ssim",
    "resolved_frequency",
    "sharpness_reconstructions",
    "fid_samples",
    "bits_per_dimension",
)

WIDE = 6
"""Ratio of KLs from which ticks stand at 1, 2, 5, 10, ..."""


LETTERS, HANDLE, LONGEST = 150, 11, 38
"""Letters that a row of the legend holds, those as wide as a line's sign, and those of a name's line."""


def _legend_name(setup: Setup, method: str) -> str:
    seeds = max(len(setup.of(method, beta)) for beta in setup.betas(method))
    name = f"{method} (1\N{NO-BREAK SPACE}seed)" if seeds == 1 else method
    return "\n".join(wrap(name, LONGEST, break_long_words=False))


def _points(setup: Setup, method: str, measure: Measure) -> list[tuple[float, float, float, float]]:
    """One point a beta: means over seeds and the half-widths of their intervals.

    Args:
        setup: the runs.
        method: label of the method.
        measure: what is drawn against the KL.

    Returns:
        KL in nats and its half-width, the measure and its half-width; half-widths of one seed are 0.
    """
    points = []
    for beta in setup.betas(method):
        pairs = [(run.value("kl").mean, run.value(measure.name).mean) for run in setup.of(method, beta)]
        known = [(kl, value) for kl, value in pairs if kl is not None and kl > 0 and value is not None]
        if known:
            rate, level = (over_seeds(values) for values in zip(*known, strict=True))
            points.append((rate.mean, rate.half_width or 0.0, level.mean, level.half_width or 0.0))
    return sorted(points)


def _panel(axes: Axes, setup: Setup, measure: Measure) -> None:
    axes.set_title(measure.label, fontsize=10)
    drawn = False
    for method, style in line_styles(setup.methods).items():
        points = _points(setup, method, measure)
        if not points:
            continue
        drawn = True
        kl, kl_error, level, error = zip(*points, strict=True)
        below = [min(half, 0.95 * value) for half, value in zip(kl_error, kl, strict=True)]
        axes.errorbar(
            kl, level, yerr=error, xerr=(below, kl_error), label=method, capsize=2, elinewidth=1, **style
        )
    if not drawn:
        axes.text(0.5, 0.5, "not computed", ha="center", va="center", transform=axes.transAxes, color="0.4")
        axes.set(xticks=[], yticks=[])
        return
    axes.set_xscale("log")
    lowest, highest = axes.get_xlim()
    wide = highest / lowest > WIDE
    axes.xaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5)) if wide else MaxNLocator(5))
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.set_xlabel("KL, nats", fontsize=9)
    axes.tick_params(labelsize=8)
    axes.grid(color="0.9")
    axes.set_axisbelow(True)
    if measure.best == "nearest 1" and axes.get_ylim()[1] > 0.5:
        axes.set_yscale("log")  # half and twice the data's power are equally far
        axes.axhline(1, color="0.5", linewidth=1)
    common = common_kl(setup)
    if common is not None:
        axes.axvline(common.kl, color="0.5", linewidth=1, linestyle=":")


def frontier_figure(setup: Setup) -> tuple[Figure, str]:
    """Draw the frontiers of a setup.

    Args:
        setup: the runs to compare.

    Returns:
        The figure and what has to be known to read it.
    """
    names = [_legend_name(setup, method) for method in setup.methods]
    lines = [line for name in names for line in name.split("\n")]
    columns = max(1, min(4, LETTERS // (max(map(len, lines)) + HANDLE)))
    rows = 1 + (len(lines) - 1) // columns
    figure = Figure(figsize=(11, 6.6 + 0.25 * rows), dpi=100, layout="constrained", facecolor="white")
    panels = figure.subplots(2, 3)
    for axes, name in zip(panels.flat, SHOWN, strict=True):
        _panel(axes, setup, MEASURES[name])
    handles = {
        label: handle
        for axes in panels.flat
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    order = [method for method in setup.methods if method in handles]
    names = [_legend_name(setup, method) for method in order]
    if order:
        figure.legend(
            [handles[name] for name in order],
            names,
            loc="outside lower center",
            ncols=columns,
            handlelength=3.5,
            fontsize=9,
            frameon=False,
        )
    text = (
        "A point a beta, the mean over seeds; error bars: the 95 % t-interval where there are several seeds."
    )
    if common_kl(setup) is not None:
        text += " Dotted: the KL of the tables at equal KL."
    return figure, text
