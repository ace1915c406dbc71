"""Figures of pictures, pixel by pixel: reconstructions and samples, and the kernels over the epochs."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments.report.figures import Drawn
from experiments.report.runs import Run

Pixels = NDArray[np.uint8]
DPI, GAP, LEFT, LINE, MARGIN = 100, 4, 30, 16, 8
PANEL, NARROW, MANY = 128, 96, 9
"""Pixels of a panel, and of one where there are more than `MANY` methods."""
EPOCHS = 9
"""Columns of the kernels."""


def grid_figure(runs: Sequence[Run], most: int = 4) -> Drawn | None:
    """Draw the paper's figures 3 to 5 and 7 to 9: reconstructions of the same inputs, samples below."""
    found: dict[str, dict[str, NDArray[Any]]] = {}
    for run in runs:
        if (path := run.test / "pictures.npz").is_file():
            with np.load(path) as file:
                found[run.method] = {name: file[name] for name in ("inputs", "reconstructions", "samples")}
    if not found:
        return None
    inputs = next(iter(found.values()))["inputs"]
    different = [name for name, item in found.items() if not np.array_equal(item["inputs"], inputs)]
    count = min(most, *(len(item["inputs"]) for item in found.values()))
    panel = PANEL if len(found) <= MANY else NARROW
    rows: list[list[Pixels | None]] = []
    for index in range(count):
        columns: list[Any] = [
            None if name in different else found[name]["reconstructions"][index] for name in found
        ]
        row: list[Any] = [inputs[index], *columns]
        rows.append([None if picture is None else fit(picture, panel) for picture in row])
    data = inputs[count : 2 * count] if len(inputs) >= 2 * count else inputs[:count]
    for index in range(count):
        columns = [data[index], *(item["samples"][index] for item in found.values())]
        rows.append([fit(picture, panel) for picture in columns])
    text = "Left column: images of the test split, as inputs above, to compare samples with below."
    if different:
        text += f" Evaluated on other inputs, so without reconstructions here: {', '.join(different)}."
    if inputs.ndim > 4:
        text += " Middle slices of volumes."
    if max(inputs.shape[2:]) > 1.5 * panel:
        text += " Pictures are reduced by averaging blocks of pixels."
    return mosaic(["data", *found], rows, [("reconstructions", count), ("samples", count)]), text


def kernels_figure(run: Run) -> Drawn | None:
    """Draw the paper's figure 2: the kernels of a few images over the epochs."""
    path = run.folder / "kernels.npz"
    if not path.is_file():
        return None
    with np.load(path) as file:
        epochs, images, kernels = file["epochs"], file["images"], file["kernels"]
    if len(epochs) == 0:
        return None
    chosen = np.unique(np.linspace(0, len(epochs) - 1, min(EPOCHS, len(epochs))).round().astype(int))
    rows: list[list[Pixels | None]] = []
    widths = []
    for number, image in enumerate(images):
        planes = [fit(_scaled(kernels[index, number]), NARROW) for index in chosen]
        height, width = planes[0].shape[:2]
        picture = plane(image)
        picture = picture[np.arange(height) * picture.shape[0] // height]
        rows.append([picture[:, np.arange(width) * picture.shape[1] // width], *planes])
        widths.append(["", *(f"σ {kernel_width(kernels[index, number]):.2f} px" for index in chosen)])
    text = (
        f"{' × '.join(map(str, kernels.shape[2:]))} kernels by {run.method}, each scaled to its own maximum; "
        "σ: standard deviation per axis."
    )
    warmup = run.setting("warmup_epochs")
    if isinstance(warmup, int) and warmup > 0:
        text += f" The blur term acts from epoch {warmup + 1}."
    columns = ["image", *(f"epoch {epochs[index]}" for index in chosen)]
    return mosaic(columns, rows, [("images", len(images))], widths), text


def kernel_width(kernel: NDArray[Any]) -> float:
    """Measure how far a kernel spreads. Signed kernels count by absolute value.

    Args:
        kernel: one kernel, (*kernel).

    Returns:
        The standard deviation along an axis, in pixels; that of a Gaussian kernel is its own.
    """
    weights = np.abs(kernel.astype(float))
    weights = weights / max(float(weights.sum()), 1e-12)
    positions = np.moveaxis(np.indices(kernel.shape, dtype=float), 0, -1)
    centre = (weights[..., None] * positions).sum(axis=tuple(range(kernel.ndim)))
    squared = ((positions - centre) ** 2).sum(axis=-1)
    return float(np.sqrt((weights * squared).sum() / kernel.ndim))


def _scaled(kernel: NDArray[Any]) -> NDArray[Any]:
    """A kernel's values from 0 to 255, (1, *kernel)."""
    low = min(0.0, float(kernel.min()))
    scaled = (kernel - low) / max(float(kernel.max()) - low, 1e-12)
    return (255 * scaled).round().astype(np.uint8)[None]


def plane(image: NDArray[Any]) -> Pixels:
    """Take what can be shown of an image.

    Args:
        image: uint8 (ch, *size).

    Returns:
        Colours, (H, W, 3): those of three channels, else grey; of a volume the middle slice.
    """
    while image.ndim > 3:
        image = image[:, image.shape[1] // 2]
    colours = image if len(image) == 3 else np.repeat(image[:1], 3, axis=0)
    return np.ascontiguousarray(colours.transpose(1, 2, 0).astype(np.uint8))


def fit(image: NDArray[Any], panel: int = PANEL) -> Pixels:
    """Fit an image into a panel: repeat its pixels as often as there is room, or average blocks of them.

    Args:
        image: uint8 (ch, *size).
        panel: pixels of the panel's side.

    Returns:
        Colours, (H', W', 3).
    """
    picture = plane(image)
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
    under: Sequence[Sequence[str]] = (),
) -> Figure:
    """Draw pictures in a grid of whole pixels; nothing is interpolated.

    Args:
        columns: words above the columns.
        rows: pictures of one size, as many in each row as columns; None leaves a place empty.
        blocks: words beside the rows, with the number of rows that each stands for.
        under: words below every picture.

    Returns:
        The figure.
    """
    height, width = next(picture for row in rows for picture in row if picture is not None).shape[:2]
    points = 8 if width >= 90 else 7
    letters = int((width + GAP) / (0.8 * points))  # a letter is about 0.58 of its size wide
    words = [wrap(name, letters, break_long_words=False) for name in columns]
    top = MARGIN + LINE * max(map(len, words)) + 4
    step, across = height + GAP + (LINE if under else 0), width + GAP
    of_block = [number for number, (_, count) in enumerate(blocks) for _ in range(count)]
    starts = [top + row * step + MARGIN * block for row, block in enumerate(of_block)]
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
        for start, texts in zip(starts, under, strict=False):
            axes.text(centre, start + height + LINE / 2, texts[column], ha="center", va="center", fontsize=8)
    first = 0
    for label, count in blocks:
        middle = (starts[first] + starts[first + count - 1] + height) / 2
        axes.text(LEFT / 2, middle, label, ha="center", va="center", rotation=90, fontsize=9)
        first += count
    return figure
