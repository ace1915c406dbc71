"""A study's figures: one slice by every method, NRMSE over acceleration, measured k-space."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments.report.style import line_styles
from experiments.study.condition import Condition
from experiments.study.files import REFERENCE, image_file, measured_name
from experiments.study.published import DEEP_DENSITY_PRIORS, LABEL
from experiments.study.results import Results
from experiments.study.tables import groups

ERROR_GAIN = 5
"""How much errors are brightened."""

Picture = NDArray[np.float32]


def slice_figure(results: Results) -> Figure | None:
    """Draw one slice: the reference and every method, errors below, all in the reference's window.

    Args:
        results: of the study.

    Returns:
        The figure; None where the slice is not done.
    """
    reference = _picture(results.folder, REFERENCE)
    found = {method: _picture(results.folder, method) for method in results.methods}
    known = {method: picture for method, picture in found.items() if picture is not None}
    if reference is None or not known:
        return None
    figure = results.plan.figure
    condition = Condition(*(figure[name] for name in Condition._fields))
    crop = _inside(reference)
    top = float(reference.max())
    titles, pictures = ["reference"], [reference[crop]]
    errors: list[Picture | None] = [None]
    norm = np.linalg.norm(reference)
    for method, picture in known.items():
        scaled = picture * (norm / np.linalg.norm(picture))
        error = np.abs(scaled - reference)
        titles.append(f"{method}\nNRMSE {100 * np.linalg.norm(error) / norm:.2f} %")
        pictures.append(scaled[crop])
        errors.append(ERROR_GAIN * error[crop])
    drawn = _grid(titles, [pictures, errors], ["magnitude", f"error x {ERROR_GAIN}"], top)
    drawn.suptitle(f"{condition.words()}, R = {condition.acceleration:g}", fontsize=9)
    return drawn


def measured_figure(results: Results) -> Figure | None:
    """Draw the measured k-space's reconstructions, each in a window up to its own 99.8th percentile.

    Args:
        results: of the study.

    Returns:
        The figure; None where no method has reconstructed it.
    """
    titles, pictures = [], []
    for method in results.methods:
        record, picture = results.held_back(method), _picture(results.folder, measured_name(method))
        if record is not None and picture is not None:
            titles.append(f"{method}\nheld back: {record['residual']:.1f} %")
            pictures.append(picture / np.quantile(picture, 0.998))
    return _grid(titles, [pictures], ["magnitude"], 1.0) if pictures else None


def nrmse_figure(results: Results) -> Figure:
    """Draw NRMSE over acceleration, a panel for each mask, number of coils and noise level.

    Args:
        results: of the study.

    Returns:
        The figure.
    """
    members = groups(results)
    columns = min(4, len(members))
    rows = -(-len(members) // columns)
    figure = _figure(3.4 * columns, 2.9 * rows + 0.8)
    ours = results.plan.aim["method"]
    styles = line_styles([ours, *(method for method in results.methods if method != ours)])
    panels = figure.subplots(rows, columns, squeeze=False).flat
    for axes, (group, conditions) in zip(panels, members.items(), strict=False):
        for method, style in styles.items():
            points = [
                (condition.acceleration, value)
                for condition in conditions
                if (value := results.mean(method, condition, "nrmse")) is not None
            ]
            if points:
                axes.plot(*zip(*points, strict=True), label=method, **style)
        published = [
            (condition.acceleration, DEEP_DENSITY_PRIORS[condition.acceleration])
            for condition in conditions
            if condition.acceleration in DEEP_DENSITY_PRIORS
        ]
        if published:
            axes.plot(*zip(*published, strict=True), color="0.6", marker="x", linestyle=":", label=LABEL)
        axes.set_title(group.words().replace(", ", "\n", 1), fontsize=8)
        axes.set_xticks([condition.acceleration for condition in conditions])
        axes.set_xlabel("R", fontsize=8)
        axes.set_ylabel("NRMSE, %", fontsize=8)
        axes.set_ylim(bottom=0)
        axes.tick_params(labelsize=8)
        axes.grid(color="0.9")
    for axes in panels:
        axes.set_axis_off()
    shown = {
        label: handle
        for axes in figure.axes
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    if shown:
        figure.legend(
            shown.values(),
            shown.keys(),
            loc="outside lower center",
            ncols=min(4, len(shown)),
            fontsize=8,
            frameon=False,
        )
    return figure


def _grid(
    titles: list[str], rows: Sequence[Sequence[Picture | None]], sides: list[str], top: float
) -> Figure:
    height, width = next(picture.shape for picture in rows[0] if picture is not None)
    panel = 2.0
    figure = _figure(panel * len(titles), (panel * height / width + 0.1) * len(rows) + 0.7)
    panels = figure.subplots(len(rows), len(titles), squeeze=False)
    for number, (row, side) in enumerate(zip(rows, sides, strict=True)):
        for column, picture in enumerate(row):
            axes = panels[number, column]
            if picture is None:
                axes.set_frame_on(False)
            else:
                axes.imshow(picture, cmap="gray", vmin=0, vmax=top, interpolation="nearest")
            axes.set_xticks([])
            axes.set_yticks([])
            if number == 0:
                axes.set_title(titles[column], fontsize=8)
        panels[number, 0].set_ylabel(side, fontsize=8)
    return figure


def _figure(width: float, height: float) -> Figure:
    # sizes in inches
    return Figure(figsize=(width, height), dpi=100, layout="constrained", facecolor="white")


def _inside(reference: Picture) -> tuple[slice, slice]:
    # the box of what is not background
    rows, columns = (np.flatnonzero((reference > 0).any(axis=axis)) for axis in (1, 0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _picture(folder: Path, name: str) -> Picture | None:
    file = image_file(folder, name)
    return np.load(file) if file.is_file() else None
