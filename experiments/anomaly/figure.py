"""A figure of a slice, clean and damaged, above its maps."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments.anomaly.study import Judged

COLOURS = "magma"
UPPER = 99.5
"""Percentile of the clean slice's map that has the brightest colour, in all maps of the row."""
PANEL = 1.6
"""Width of a picture in inches."""


def anomaly_figure(judged: Sequence[Judged]) -> bytes:
    """Draw a subject's middle slice, with one column per corruption.

    Rows: the image from -1 to 1; for every model the whitened residual, the squared error and the local
    bias. The maps of a row share one scale from 0. A lesion has an outline.
    """
    number = len(judged[0].chosen.indices) // 2
    brain = judged[0].chosen.brain[number, 0].numpy()
    columns = [_maps(own, number) for own in judged]
    names = ["image", *columns[0]]
    height = PANEL * brain.shape[0] / brain.shape[1]
    figure = Figure((PANEL * len(judged) + 0.9, height * len(names) + 0.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.subplots(len(names), len(judged), squeeze=False)
    for column, (own, maps) in enumerate(zip(judged, columns, strict=True)):
        axes[0, column].set_title(own.corruption.replace(", ", "\n"), fontsize=8)
        axes[0, column].imshow(own.corrupted.images[number, 0].numpy(), cmap="gray", vmin=-1, vmax=1)
        for row, (name, values) in enumerate(maps.items(), start=1):
            limit = np.nanpercentile(columns[0][name][brain], UPPER)
            shown = axes[row, column].imshow(
                np.where(brain, values, np.nan), cmap=COLOURS, vmin=0, vmax=limit
            )
            if own is judged[-1]:
                figure.colorbar(shown, ax=axes[row, column], shrink=0.8).ax.tick_params(labelsize=7)
        where = own.corrupted.where[number, 0].numpy()
        for panel in axes[:, column]:
            panel.set(xticks=[], yticks=[])
            if 0 < int(where.sum()) < int(brain.sum()):
                panel.contour(where, levels=[0.5], colors="cyan", linewidths=0.5)
    for panel, name in zip(axes[:, 0], names, strict=True):
        panel.set_ylabel(name, fontsize=8)
    encoded = io.BytesIO()
    figure.savefig(encoded, format="png", dpi=110)
    return encoded.getvalue()


def _maps(judged: Judged, number: int) -> dict[str, NDArray[np.float32]]:
    # what to call a map to the map, (H, W)
    return {
        f"{key.replace('_', ' ')}:\n{name}": values[number, 0].numpy()
        for key, found in judged.models.items()
        for name, values in (
            ("whitened residual", found.whitened_map),
            ("L2 error", found.error_map),
            ("local bias", found.bias_map),
        )
    }
