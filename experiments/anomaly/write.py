"""The table and the picture of an anomaly study."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray
from tqdm import tqdm

from experiments.anomaly.study import AnomalyStudy, Judged, Row
from experiments.report.figures import new_figure, png
from monai_blurvae.data import VolumeCache, subject_name
from monai_blurvae.files import replacing

COLOURS = "magma"
UPPER = 99.5
"""Percentile of the clean slice's map that has the brightest colour, in all maps of the row."""
PANEL = 1.6
"""Width of a picture in inches."""


def write_anomalies(study: AnomalyStudy, volumes: VolumeCache, run_dir: str | Path) -> Path:
    """Judge every volume, write a row for each image, and draw the first volume's middle slice.

    The table is written again after each volume.
    """
    table, rows = Path(run_dir, "anomaly.csv"), list[Row]()
    total = len(volumes) * (1 + len(study.corruptions))
    with tqdm(desc="Judging slices", total=total, file=sys.stderr) as bar:
        for path, volume in zip(volumes.paths, volumes, strict=True):
            subject, first = subject_name(path), not rows
            shown: list[Judged] = []
            for judged in study.judge(subject, volume):
                rows += study.rows(subject, judged)
                shown += [judged] if first else []
                bar.update()
            if first:
                with replacing(Path(run_dir, "anomaly.png")) as partial:
                    partial.write_bytes(png(anomaly_figure(shown)))
            with replacing(table) as partial:
                pd.DataFrame(rows).to_csv(partial, index=False)
    return table


def anomaly_figure(judged: Sequence[Judged]) -> Figure:
    """Draw a subject's middle slice, with one column per corruption.

    Rows: the image from -1 to 1; for every model the whitened residual, the squared error and the local
    bias. The maps of a row share one scale from 0. A lesion has an outline.
    """
    number = len(judged[0].chosen.indices) // 2
    brain = judged[0].chosen.brain[number, 0].numpy()
    columns = [_maps(own, number) for own in judged]
    names = ["image", *columns[0]]
    height = PANEL * brain.shape[0] / brain.shape[1]
    figure = new_figure(PANEL * len(judged) + 0.9, height * len(names) + 0.6)
    axes: Any = figure.subplots(len(names), len(judged), squeeze=False)
    for column, (own, maps) in enumerate(zip(judged, columns, strict=True)):
        axes[0, column].set_title(own.corruption.replace(", ", "\n"), fontsize=8)
        axes[0, column].imshow(own.corrupted.images[number, 0].numpy(), cmap="gray", vmin=-1, vmax=1)
        for row, (name, values) in enumerate(maps.items(), start=1):
            limit = np.nanpercentile(columns[0][name][brain], UPPER)
            picture = np.where(brain, values, np.nan)
            shown = axes[row, column].imshow(picture, cmap=COLOURS, vmin=0, vmax=limit)
            if own is judged[-1]:
                figure.colorbar(shown, ax=axes[row, column], shrink=0.8).ax.tick_params(labelsize=7)
        where = own.corrupted.where[number, 0].numpy()
        for panel in axes[:, column]:
            panel.set(xticks=[], yticks=[])
            if 0 < int(where.sum()) < int(brain.sum()):
                panel.contour(where, levels=[0.5], colors="cyan", linewidths=0.5)
    for panel, name in zip(axes[:, 0], names, strict=True):
        panel.set_ylabel(name, fontsize=8)
    return figure


def _maps(judged: Judged, number: int) -> dict[str, NDArray[np.float32]]:
    # what to call a map to the map, (H, W)
    found: dict[str, NDArray[np.float32]] = {}
    for key, own in judged.models.items():
        maps = {"whitened residual": own.whitened_map, "L2 error": own.error_map, "local bias": own.bias_map}
        found |= {f"{key.replace('_', ' ')}:\n{name}": maps[name][number, 0].numpy() for name in maps}
    return found
