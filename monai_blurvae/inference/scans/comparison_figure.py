"""A picture of reconstructions: zero-filled images, standard deviations and errors beside them."""

from collections.abc import Sequence

import torch
from matplotlib.figure import Figure
from torch import Tensor

DPI, PANEL_PIXELS, GAP, LEFT, TOP, LINE = 100, 384, 4, 64, 56, 20
ENLARGED = 5
"""Factor by which standard deviations and errors are shown brighter."""
SHOWN = 0.995
"""Quantile of the reconstruction's magnitudes that is white."""


def comparison_figure(
    title: str,
    rows: Sequence[str],
    zero_filled: Sequence[Tensor],
    reconstructions: Sequence[Tensor],
    stds: Sequence[Tensor | None],
    references: Sequence[Tensor | None],
) -> Figure:
    """Draw one row per slice, with one grey window for all panels of a row and whole pixels.

    References are scaled to their reconstruction's norm, as the error is measured.

    Args:
        title: title of the figure.
        rows: labels of the rows; each has images of (H, W).
        zero_filled: zero-filled images, complex.
        reconstructions: complex.
        stds: standard deviations of the magnitude, or None.
        references: magnitudes, or None.

    Returns:
        The figure, not yet rendered.
    """
    columns = ["zero-filled", "reconstruction"]
    columns += [f"standard deviation × {ENLARGED}"] * any(std is not None for std in stds)
    columns += ["reference", f"error × {ENLARGED}"] * any(reference is not None for reference in references)
    height, width = reconstructions[0].shape
    zoom = max(1, round(PANEL_PIXELS / max(height, width)))
    height, width = height * zoom, width * zoom
    total_width, total_height = LEFT + len(columns) * (width + GAP), TOP + len(rows) * (height + GAP)
    figure = Figure(figsize=(total_width / DPI, total_height / DPI), dpi=DPI, facecolor="white")
    figure.text(0.5, 1 - LINE / 2 / total_height, title, ha="center", va="center", fontsize=11)
    for column, words in enumerate(columns):
        centre = (LEFT + column * (width + GAP) + width / 2) / total_width
        figure.text(centre, 1 - (TOP - LINE / 2) / total_height, words, ha="center", va="center", fontsize=9)
    for row, words in enumerate(rows):
        panels = dict.fromkeys(columns)
        panels.update(_panels(zero_filled[row], reconstructions[row], stds[row], references[row]))
        white = float(torch.quantile(reconstructions[row].abs().double(), SHOWN)) or 1.0
        bottom = total_height - TOP - row * (height + GAP) - height
        middle = (bottom + height / 2) / total_height
        figure.text(LEFT / 2 / total_width, middle, words, ha="center", va="center", rotation=90, fontsize=8)
        for column, name in enumerate(columns):
            values = panels[name]
            if values is None:
                continue
            left = (LEFT + column * (width + GAP)) / total_width
            box = (left, bottom / total_height, width / total_width, height / total_height)
            axes = figure.add_axes(box)
            axes.set_axis_off()
            axes.imshow(values.numpy(), "gray", aspect="auto", interpolation="nearest", vmin=0, vmax=white)
    return figure


def _panels(
    zero_filled: Tensor, reconstruction: Tensor, std: Tensor | None, reference: Tensor | None
) -> dict[str, Tensor | None]:
    magnitude = reconstruction.abs()
    panels: dict[str, Tensor | None] = {"zero-filled": zero_filled.abs(), "reconstruction": magnitude}
    if std is not None:
        panels[f"standard deviation × {ENLARGED}"] = ENLARGED * std
    if reference is not None:
        scaled = reference * (magnitude.norm() / reference.norm())
        panels["reference"] = scaled
        panels[f"error × {ENLARGED}"] = ENLARGED * (magnitude - scaled).abs()
    return panels
