"""Figure 6: mean log spectra of reconstructions and samples, and how they differ from the data's."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments.report.run import Run

PANEL_INCHES, NARROW_INCHES, MANY = 1.35, 0.95, 9
"""Sides of a panel: of a few methods, and of more than `MANY`."""
LONGEST, LETTERS = 64, 14
"""Values along a panel's side, and letters above it."""


def central_plane(spectrum: NDArray[Any]) -> NDArray[Any]:
    """Take the plane through the zero frequency, in blocks where it is finer than a panel.

    Args:
        spectrum: full spectrum with the zero frequency at index size // 2, (H, W) or (D, H, W).

    Returns:
        The last two axes' plane, at most some `LONGEST` values a side.
    """
    while spectrum.ndim > 2:
        spectrum = spectrum[spectrum.shape[0] // 2]
    shrink = max(1, min(spectrum.shape) // LONGEST)
    height, width = (length // shrink for length in spectrum.shape)
    blocks = spectrum[: height * shrink, : width * shrink].astype(float)
    return np.asarray(blocks.reshape(height, shrink, width, shrink).mean(axis=(1, 3)))


def load_spectra(run: Run) -> dict[str, NDArray[Any]] | None:
    """Read a run's mean log spectra.

    Args:
        run: the run.

    Returns:
        "data", "reconstructions" and "samples", each (*size); None where it has none.
    """
    path = run.test / "spectra.npz"
    if not path.is_file():
        return None
    with np.load(path) as file:
        return {name: file[name] for name in ("data", "reconstructions", "samples")}


def spectra_figure(runs: Sequence[Run]) -> tuple[Figure, str] | None:
    """Draw a column a method: reconstructions' and samples' spectra, then their differences to the data's.

    Args:
        runs: one a method.

    Returns:
        The figure and what has to be known to read it; None where no run has spectra.
    """
    found = {run.method: spectra for run in runs if (spectra := load_spectra(run)) is not None}
    if not found:
        return None
    kinds = ("reconstructions", "samples")
    planes = {
        (name, kind): central_plane(item[kind]) for name, item in found.items() for kind in (*kinds, "data")
    }
    differences = {
        (name, kind): central_plane(item[kind] - item["data"])
        for name, item in found.items()
        for kind in kinds
    }
    means = {
        (name, kind): float(np.mean(item[kind] - item["data"]))
        for name, item in found.items()
        for kind in kinds
    }
    everything = np.stack(list(planes.values()))
    largest = float(np.percentile(np.abs(np.stack(list(differences.values()))), 99.5)) or 1.0
    columns = len(found) + 1
    side = PANEL_INCHES if len(found) <= MANY else NARROW_INCHES
    figure = Figure(
        figsize=(side * columns + 1.2, (side + 0.22) * 4 + 0.4),
        dpi=100,
        layout="constrained",
        facecolor="white",
    )
    grid = figure.add_gridspec(4, columns)
    absolute = {
        "cmap": "magma",
        "vmin": float(np.percentile(everything, 0.1)),
        "vmax": float(everything.max()),
    }
    relative = {"cmap": "RdBu_r", "vmin": -largest, "vmax": largest}
    name, *_ = found
    panels: dict[str, list[Any]] = {"absolute": [], "relative": []}

    def panel(
        row: int, column: int, values: NDArray[Any], kind: str, style: dict[str, Any], title: str
    ) -> None:
        axes = figure.add_subplot(grid[row, column])
        axes.imshow(values, interpolation="nearest", **style)
        axes.set(xticks=[], yticks=[])
        axes.set_title(title, fontsize=8)
        panels[kind].append(axes)

    panel(0, 0, planes[name, "data"], "absolute", absolute, "data")
    for column, method in enumerate(found, start=1):
        title = "\n".join(wrap(method, LETTERS, break_long_words=False))
        for row, kind in enumerate(kinds):
            panel(row, column, planes[method, kind], "absolute", absolute, title if row == 0 else "")
            mean = f"mean {means[method, kind]:+.2f}"
            panel(row + 2, column, differences[method, kind], "relative", relative, mean)
            if column == 1:
                panels["absolute"][-1].set_ylabel(kind, fontsize=8)
                panels["relative"][-1].set_ylabel(f"{kind}\n− data", fontsize=8)
    for kind, label in (("absolute", "mean log |F|"), ("relative", "difference of mean log |F|")):
        bar = figure.colorbar(panels[kind][-1].images[0], ax=panels[kind], fraction=0.05, pad=0.02)
        bar.set_label(label, fontsize=8)
        bar.ax.tick_params(labelsize=7)
    text = (
        "Zero frequency in the centre, the axes' ends at 0.5 cycles per pixel. Blue: less power than the "
        "data, red: more; the mean is over all frequencies."
    )
    if next(iter(found.values()))["data"].ndim > 2:
        text += " Planes through the zero frequency of volumes' spectra."
    return figure, text
