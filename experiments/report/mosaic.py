"""Many small pictures in one: whole pixels, nothing interpolated, words above columns and beside rows."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
DPI, GAP, LEFT, LINE, MARGIN = 100, 4, 30, 16, 8
PANEL = 128
"""Pixels of the room for a picture."""


def plane(image: NDArray[Any]) -> Pixels:
    """Take what can be shown of a picture: the middle slice of a volume, colours if it has three channels.

    Args:
        image: one picture, uint8 (ch, *size).

    Returns:
        Colours, (H, W, 3).
    """
    while image.ndim > 3:
        image = image[:, image.shape[1] // 2]
    shown = image if len(image) == 3 else np.repeat(image[:1], 3, axis=0)
    return np.ascontiguousarray(shown.transpose(1, 2, 0).astype(np.uint8))


def fit(picture: Pixels, panel: int = PANEL) -> Pixels:
    """Fit a picture into a panel: repeat its pixels as often as there is room, or average blocks of them.

    Args:
        picture: colours, (H, W, 3).
        panel: pixels of the panel's side.

    Returns:
        Colours, (H', W', 3).
    """
    longest = max(picture.shape[:2])
    shrink = -(-longest // panel)
    if shrink > 1:
        height, width = (length // shrink for length in picture.shape[:2])
        blocks = picture[: height * shrink, : width * shrink].reshape(height, shrink, width, shrink, 3)
        return np.asarray(blocks.mean(axis=(1, 3)).round(), dtype=np.uint8)
    zoom = panel // longest
    return picture.repeat(zoom, axis=0).repeat(zoom, axis=1)


def mosaic(
    columns: Sequence[str],
    rows: Sequence[Sequence[Pixels | None]],
    blocks: Sequence[tuple[str, int]],
    under: Sequence[Sequence[str]] | None = None,
) -> Figure:
    """Draw pictures in a grid.

    Args:
        columns: words above the columns.
        rows: pictures of one size, as many in each row as columns; None leaves a place empty.
        blocks: words beside the rows, with the number of rows that each stands for.
        under: words below every picture; None for none.

    Returns:
        The figure, not yet rendered.
    """
    height, width = next(picture for row in rows for picture in row if picture is not None).shape[:2]
    points = 8 if width >= 90 else 7
    letters = int(
        (width + GAP) / (0.8 * points)
    )  # a letter is some 0.58 of its size wide, a point 100/72 pixels
    words = [wrap(name, letters, break_long_words=False) for name in columns]
    top = MARGIN + LINE * max(map(len, words)) + 4
    step, across = height + GAP + (LINE if under else 0), width + GAP
    starts = [top + row * step + MARGIN * block for block, row in _row_blocks(blocks)]
    total_height, total_width = starts[-1] + step + GAP, LEFT + len(columns) * across + MARGIN
    canvas = np.full((total_height, total_width, 3), 255, np.uint8)
    for start, row in zip(starts, rows, strict=True):
        for column, picture in enumerate(row):
            if picture is not None:
                left = LEFT + column * across
                canvas[start : start + height, left : left + width] = picture
    figure = Figure(figsize=(total_width / DPI, total_height / DPI), dpi=DPI, facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.imshow(canvas, interpolation="nearest", aspect="auto", extent=(0, total_width, total_height, 0))
    for column, lines in enumerate(words):
        centre = LEFT + column * across + width / 2
        axes.text(centre, top - 4, "\n".join(lines), ha="center", va="bottom", fontsize=points)
    for start, texts in zip(starts, under or (), strict=False):
        for column, text in enumerate(texts):
            centre = LEFT + column * across + width / 2
            axes.text(centre, start + height + LINE / 2, text, ha="center", va="center", fontsize=8)
    first = 0
    for label, count in blocks:
        middle = (starts[first] + starts[first + count - 1] + height) / 2
        axes.text(LEFT / 2, middle, label, ha="center", va="center", rotation=90, fontsize=9)
        first += count
    return figure


def _row_blocks(blocks: Sequence[tuple[str, int]]) -> list[tuple[int, int]]:
    numbers = [number for number, (_, count) in enumerate(blocks) for _ in range(count)]
    return [(number, row) for row, number in enumerate(numbers)]
