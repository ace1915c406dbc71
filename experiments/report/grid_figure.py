"""Figures 3, 4, 5, 7, 8 and 9: the same inputs and what every method makes of them, then samples."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments.report.mosaic import PANEL, fit, mosaic, plane
from experiments.report.run import Run

NARROW, MANY = 96, 9
"""Pixels of a panel where there are more than `MANY` methods."""


def load_pictures(run: Run) -> dict[str, NDArray[Any]] | None:
    """Read a run's pictures.

    Args:
        run: the run.

    Returns:
        uint8 "inputs", "reconstructions" and "samples", each (n, ch, *size); None where it has none.
    """
    path = run.test / "pictures.npz"
    if not path.is_file():
        return None
    with np.load(path) as file:
        return {name: file[name] for name in ("inputs", "reconstructions", "samples")}


def grid_figure(runs: Sequence[Run], most: int = 4) -> tuple[Figure, str] | None:
    """Draw a column a method: reconstructions of the same inputs above, samples below.

    Args:
        runs: one a method.
        most: rows of reconstructions, and of samples.

    Returns:
        The figure and what has to be known to read it; None where no run has pictures.
    """
    found = {run.method: pictures for run in runs if (pictures := load_pictures(run)) is not None}
    if not found:
        return None
    first = next(iter(found.values()))
    same = [name for name, item in found.items() if np.array_equal(item["inputs"], first["inputs"])]
    inputs, count = first["inputs"], min(most, *(len(item["inputs"]) for item in found.values()))
    panel = PANEL if len(found) <= MANY else NARROW
    rows: list[list[Any]] = []
    for index in range(count):
        shown = [
            inputs[index],
            *(found[name]["reconstructions"][index] if name in same else None for name in found),
        ]
        rows.append([None if picture is None else fit(plane(picture), panel) for picture in shown])
    data = inputs[count : 2 * count] if len(inputs) >= 2 * count else inputs[:count]
    for index in range(count):
        shown = [data[index], *(item["samples"][index] for item in found.values())]
        rows.append([fit(plane(picture), panel) for picture in shown])
    text = "Left column: images of the test split, as inputs above, to compare samples with below."
    different = [name for name in found if name not in same]
    if different:
        text += f" Evaluated on other inputs, so without reconstructions here: {', '.join(different)}."
    if inputs.ndim > 4:
        text += " Middle slices of volumes."
    if max(inputs.shape[2:]) > 1.5 * panel:
        text += " Pictures are reduced by averaging blocks of pixels."
    figure = mosaic(["data", *found], rows, [("reconstructions", count), ("samples", count)])
    return figure, text
