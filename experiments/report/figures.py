"""Figures drawn as curves and spectra: measures against the rate, and the paper's figure 6."""

import io
from collections.abc import Iterable, Sequence
from itertools import cycle
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, ScalarFormatter
from numpy.typing import NDArray
from PIL import Image

from experiments.report.compare import Group, common_kl
from experiments.report.measures import MEASURES, Measure, estimate
from experiments.report.paper import OURS
from experiments.report.runs import Run

Drawn = tuple[Figure, str]
"""A figure and what a reader has to know."""

REFERENCE = "L2"
FIXED = {OURS: "#000000", REFERENCE: "#0072B2"}
COLOURS = ("#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F7F7F")
"""Okabe and Ito's, told apart without colour vision."""
MARKERS = ("^", "D", "v", "P", "X", "*", "<", ">", "h")
CURVES = 6
"""Curves in a figure at most."""
SHOWN = (
    "psnr", "ssim", "resolved_frequency", "sharpness_reconstructions", "fid_samples", "bits_per_dimension",
)  # fmt: skip
LIMIT = 300_000
"""Bytes above which a figure is stored in 256 colours."""
WIDE = 6
"""Ratio of KLs from which ticks stand at 1, 2, 5, 10, ..."""


def line_styles(methods: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Give every method of a report one colour and marker."""
    colours, markers = cycle(COLOURS), cycle(MARKERS)
    styles: dict[str, dict[str, Any]] = {}
    for method in sorted(set(methods), key=lambda name: (name not in FIXED, name.lower())):
        own = method == OURS
        colour = FIXED.get(method) or next(colours)
        marker = {OURS: "o", REFERENCE: "s"}.get(method) or next(markers)
        styles[method] = {
            "color": colour,
            "marker": marker,
            "linewidth": 2.2 if own else 1.3,
            "markersize": 6,
        }
    return styles


def frontier_figures(group: Group, styles: dict[str, dict[str, Any]]) -> list[Drawn]:
    """Draw measures against the KL, a curve for each method's sweep of beta."""
    always = [method for method in FIXED if method in group.methods]
    others = [method for method in styles if method in group.methods and method not in always]
    step = CURVES - len(always)
    parts = [others[start : start + step] for start in range(0, len(others), step)] or [[]]
    return [_frontier(group, [*always, *part], styles) for part in parts]


def _frontier(group: Group, methods: Sequence[str], styles: dict[str, dict[str, Any]]) -> Drawn:
    shown = [name for name in SHOWN if any(_points(group, method, MEASURES[name]) for method in methods)]
    rows = -(-len(shown) // 3) or 1
    figure = new_figure(11, 3.1 * rows + 0.5)
    panels = figure.subplots(rows, 3, squeeze=False).flat
    for axes, name in zip(panels, shown, strict=False):
        _panel(axes, group, methods, MEASURES[name], styles)
    for axes in list(figure.axes)[len(shown) :]:
        axes.set_axis_off()
    legend(figure, 3)
    text = "A point for each beta, the mean over seeds; error bars: the 95 % t-interval over several seeds."
    if common_kl(group) is not None:
        text += " Dotted: the common KL."
    single = [method for method in methods if len({run.seed for run in group.of(method)}) == 1]
    return figure, text + (f" One seed: {', '.join(single)}." if single else "")


def _points(group: Group, method: str, measure: Measure) -> list[tuple[float, float, float, float]]:
    """KL and its half-width, the measure and its half-width, for each beta; half-widths of one seed are 0."""
    points = []
    for beta in group.betas(method):
        pairs = [(run.value("kl").mean, run.value(measure.name).mean) for run in group.of(method, beta)]
        known = [(kl, value) for kl, value in pairs if kl is not None and kl > 0 and value is not None]
        if known:
            rate, level = (estimate(values) for values in zip(*known, strict=True))
            points.append((rate.mean, rate.half_width or 0.0, level.mean, level.half_width or 0.0))
    return sorted(points)


def _panel(
    axes: Axes, group: Group, methods: Sequence[str], measure: Measure, styles: dict[str, dict[str, Any]]
) -> None:
    for method in methods:
        points = _points(group, method, measure)
        if points:
            kl, kl_error, level, error = zip(*points, strict=True)
            below = [min(half, 0.95 * value) for half, value in zip(kl_error, kl, strict=True)]
            axes.errorbar(
                kl, level, yerr=error, xerr=(below, kl_error), label=method, capsize=2, elinewidth=1,
                **styles[method],
            )  # fmt: skip
    axes.set_title(measure.label, fontsize=10)
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
    common = common_kl(group)
    if common is not None:
        axes.axvline(common.kl, color="0.5", linewidth=1, linestyle=":")


def spectra_figure(runs: Sequence[Run]) -> Drawn | None:
    """Draw mean log spectra, the paper's figure 6, and their differences to the data's."""
    found: dict[str, dict[str, NDArray[Any]]] = {}
    for run in runs:
        if (path := run.test / "spectra.npz").is_file():
            with np.load(path) as file:
                found[run.method] = {name: file[name] for name in ("data", "reconstructions", "samples")}
    if not found:
        return None
    size = next(iter(found.values()))["data"].shape
    others = [method for method, item in found.items() if item["data"].shape != size]
    found = {method: item for method, item in found.items() if method not in others}
    kinds = ("reconstructions", "samples")
    data = central_plane(next(iter(found.values()))["data"])
    planes = {(name, kind): central_plane(item[kind]) for name, item in found.items() for kind in kinds}
    change = {(name, kind): item[kind] - item["data"] for name, item in found.items() for kind in kinds}
    differing = {key: central_plane(values) for key, values in change.items()}
    everything = np.stack([data, *planes.values()])
    largest = float(np.percentile(np.abs(np.stack(list(differing.values()))), 99.5)) or 1.0
    absolute = {"cmap": "magma", "vmin": np.percentile(everything, 0.1), "vmax": everything.max()}
    relative = {"cmap": "RdBu_r", "vmin": -largest, "vmax": largest}
    side = 1.35 if len(found) <= 9 else 0.95
    figure = new_figure(side * (len(found) + 1) + 1.2, (side + 0.22) * 4 + 0.4)
    grid = figure.subplots(4, len(found) + 1)
    for axes in grid.flat:
        axes.set(xticks=[], yticks=[])
    for axes in grid[1:, 0]:
        axes.set_axis_off()
    grid[0, 0].imshow(data, interpolation="nearest", **absolute)
    grid[0, 0].set_title("data", fontsize=8)
    for column, method in enumerate(found, start=1):
        for row, kind in enumerate(kinds):
            grid[row, column].imshow(planes[method, kind], interpolation="nearest", **absolute)
            grid[row + 2, column].imshow(differing[method, kind], interpolation="nearest", **relative)
            grid[row + 2, column].set_title(f"mean {change[method, kind].mean():+.2f}", fontsize=8)
            if column == 1:
                grid[row, column].set_ylabel(kind, fontsize=8)
                grid[row + 2, column].set_ylabel(f"{kind}\n− data", fontsize=8)
        grid[0, column].set_title("\n".join(wrap(method, 14, break_long_words=False)), fontsize=8)
    for rows, label in ((slice(0, 2), "mean log |F|"), (slice(2, 4), "difference of mean log |F|")):
        part = grid[rows, 1:]
        bar = figure.colorbar(part[0, 0].images[0], ax=list(part.flat), fraction=0.05, pad=0.02)
        bar.set_label(label, fontsize=8)
        bar.ax.tick_params(labelsize=7)
    text = (
        "Zero frequency in the centre, the axes' ends at 0.5 cycles per pixel. Blue: less power than the "
        "data, red: more; the mean is over all frequencies."
    )
    if others:
        text += f" Of another size, so not shown here: {', '.join(others)}."
    if len(size) > 2:
        text += " Planes through the zero frequency of volumes' spectra."
    return figure, text


def central_plane(spectrum: NDArray[Any], longest: int = 64) -> NDArray[Any]:
    """Take the plane through the zero frequency, averaged in blocks where it is finer than a panel.

    Args:
        spectrum: full spectrum with the zero frequency at index size // 2, (H, W) or (D, H, W).
        longest: values along a side, about.

    Returns:
        The plane of the last two axes.
    """
    while spectrum.ndim > 2:
        spectrum = spectrum[spectrum.shape[0] // 2]
    shrink = max(1, min(spectrum.shape) // longest)
    height, width = (length // shrink for length in spectrum.shape)
    blocks = spectrum[: height * shrink, : width * shrink].astype(float)
    return np.asarray(blocks.reshape(height, shrink, width, shrink).mean(axis=(1, 3)))


def new_figure(width: float, height: float) -> Figure:
    """Make an empty figure."""
    return Figure(figsize=(width, height), dpi=100, layout="constrained", facecolor="white")


def legend(figure: Figure, columns: int) -> None:
    """Draw one legend for all panels, below them."""
    found: dict[str, Any] = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            found.setdefault("\n".join(wrap(label, 44, break_long_words=False)), handle)
    if found:
        figure.legend(
            found.values(), found.keys(), loc="outside lower center", ncols=min(columns, len(found)),
            handlelength=3, fontsize=9, frameon=False,
        )  # fmt: skip


def picture_grid(
    columns: Sequence[str],
    rows: Sequence[Sequence[NDArray[Any] | None]],
    sides: Sequence[str],
    top: float = 255,
) -> Figure:
    """Draw pictures in a grid, pixel by pixel.

    Args:
        columns: words above the columns.
        rows: pictures (H, W) or (H, W, 3), as many in each row as columns; None leaves a place empty.
        sides: words beside the rows.
        top: the value that is white.

    Returns:
        The figure.
    """
    height, width = next(picture.shape[:2] for row in rows for picture in row if picture is not None)
    side = 1.35 if len(columns) <= 10 else 1.0
    figure = new_figure(side * len(columns) + 0.4, (side * height / width + 0.08) * len(rows) + 0.7)
    panels = figure.subplots(len(rows), len(columns), squeeze=False)
    for axes, picture in zip(panels.flat, (picture for row in rows for picture in row), strict=True):
        axes.set(xticks=[], yticks=[])
        axes.set_frame_on(False)
        if picture is not None:
            axes.imshow(picture, cmap="gray", vmin=0, vmax=top, interpolation="nearest")
    for axes, name in zip(panels[0], columns, strict=True):
        words = [wrap(line, 14, break_long_words=False) for line in name.split("\n")]
        axes.set_title("\n".join(part for line in words for part in line), fontsize=8)
    for axes, name in zip(panels[:, 0], sides, strict=True):
        axes.set_ylabel(name, fontsize=8)
    return figure


def png(figure: Figure) -> bytes:
    """Encode a figure as PNG, in 256 colours if it would be large otherwise."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())
    for image in (pixels, pixels.quantize(256, dither=Image.Dither.NONE)):
        buffer = io.BytesIO()
        image.save(buffer, format="png", optimize=True)
        if buffer.tell() <= LIMIT:
            break
    return buffer.getvalue()
