"""A study's figures: one slice by every method, and NRMSE over acceleration."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments.report.figures import CURVES, legend, line_styles, new_figure, picture_grid
from experiments.report.figures import REFERENCE as L2
from experiments.report.paper import OURS
from experiments.study.records import REFERENCE, Results, image_file

ERROR_GAIN = 5
"""How much errors are brightened."""

Picture = NDArray[np.float32]


def slice_figure(results: Results) -> Figure | None:
    """Draw one slice: the reference and every method, errors below, all in the reference's window."""
    reference = _picture(results.folder, REFERENCE)
    found = {method: _picture(results.folder, method) for method in results.methods}
    known = {method: picture for method, picture in found.items() if picture is not None}
    if reference is None or not known:
        return None
    condition = results.plan.figure.condition
    rows, columns = (np.flatnonzero((reference > 0).any(axis=axis)) for axis in (1, 0))
    crop = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    titles, pictures = ["reference"], [reference[crop]]
    errors: list[Picture | None] = [None]
    norm = np.linalg.norm(reference)
    for method, picture in known.items():
        scaled = picture * (norm / np.linalg.norm(picture))
        error = np.abs(scaled - reference)
        titles.append(f"{method}\nNRMSE {100 * np.linalg.norm(error) / norm:.2f} %")
        pictures.append(scaled[crop])
        errors.append(ERROR_GAIN * error[crop])
    sides = ["magnitude", f"error x {ERROR_GAIN}"]
    drawn = picture_grid(titles, [pictures, errors], sides, float(reference.max()))
    drawn.suptitle(f"{condition.words()}, R = {condition.acceleration:g}", fontsize=9)
    return drawn


def nrmse_figure(results: Results) -> Figure:
    """Draw NRMSE over acceleration, a panel for each mask, number of coils and noise level.

    Of more than six methods, those of the smallest errors are drawn, and the leading one.
    """
    groups, ours = results.groups(), results.plan.aim.method
    errors = {
        method: np.mean(
            [results.mean(method, item, "nrmse") or np.inf for item in results.plan.all_conditions]
        )
        for method in results.methods
    }
    drawn = sorted(results.methods, key=lambda method: (method != ours, errors[method]))[:CURVES]
    names = {method: L2 if method.startswith("L2") else method for method in drawn} | {ours: OURS}
    styles = line_styles(names.values())
    columns = min(4, len(groups))
    rows = -(-len(groups) // columns)
    figure = new_figure(3.4 * columns, 2.9 * rows + 0.8)
    panels = figure.subplots(rows, columns, squeeze=False).flat
    for axes, (group, conditions) in zip(panels, groups.items(), strict=False):
        for method in drawn:
            means = {item.acceleration: results.mean(method, item, "nrmse") for item in conditions}
            points = [(r, value) for r, value in means.items() if value is not None]
            if points:
                axes.plot(*zip(*points, strict=True), label=method, **styles[names[method]])
        axes.set_title(group.words().replace(", ", "\n", 1), fontsize=8)
        axes.set_xticks([condition.acceleration for condition in conditions])
        axes.set_xlabel("R", fontsize=8)
        axes.set_ylabel("NRMSE, %", fontsize=8)
        axes.set_ylim(bottom=0)
        axes.tick_params(labelsize=8)
        axes.grid(color="0.9")
    for axes in panels:
        axes.set_axis_off()
    legend(figure, 3)
    return figure


def _picture(folder: Path, name: str) -> Picture | None:
    file = image_file(folder, name)
    return np.load(file) if file.is_file() else None
