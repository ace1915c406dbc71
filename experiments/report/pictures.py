"""Figures of pictures: reconstructions and samples, and the kernels over the epochs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.report.figures import Drawn, picture_grid
from experiments.report.runs import Run

EPOCHS = 9
"""Columns of the kernels at most."""


def grid_figure(runs: Sequence[Run], most: int = 4) -> Drawn | None:
    """Draw the paper's figures 3 to 5 and 7 to 9: reconstructions of the same inputs, samples below.

    Args:
        runs: one for each method.
        most: rows of reconstructions, and of samples.

    Returns:
        A column for each method; None if no run has pictures.
    """
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
    rows: list[list[NDArray[Any] | None]] = []
    for index in range(count):
        made = [None if name in different else plane(found[name]["reconstructions"][index]) for name in found]
        rows.append([plane(inputs[index]), *made])
    data = inputs[count : 2 * count] if len(inputs) >= 2 * count else inputs[:count]
    for index in range(count):
        rows.append([plane(data[index]), *(plane(item["samples"][index]) for item in found.values())])
    text = "Left column: images of the test split, as inputs above, to compare samples with below."
    if different:
        text += f" Evaluated on other inputs, so without reconstructions here: {', '.join(different)}."
    if inputs.ndim > 4:
        text += " Middle slices of volumes."
    sides = ["reconstruction"] * count + ["sample"] * count
    return picture_grid(["data", *found], rows, sides), text


def kernels_figure(run: Run) -> Drawn | None:
    """Draw the paper's figure 2: a row for each image, a column for each epoch; None without kernels."""
    path = run.folder / "kernels.npz"
    if not path.is_file():
        return None
    with np.load(path) as file:
        epochs, images, kernels = file["epochs"], file["images"], file["kernels"]
    if len(epochs) == 0:
        return None
    chosen = np.unique(np.linspace(0, len(epochs) - 1, min(EPOCHS, len(epochs))).round().astype(int))
    rows: list[list[NDArray[Any] | None]] = []
    for number, image in enumerate(images):
        own = [kernels[index, number] for index in chosen]
        rows.append([plane(image), *(plane((255 * np.abs(k) / np.abs(k).max())[None]) for k in own)])
    widths = [np.mean([kernel_width(kernel) for kernel in kernels[index]]) for index in chosen]
    columns = ["image", *(f"epoch {epochs[i]}\nσ {w:.2f} px" for i, w in zip(chosen, widths, strict=True))]
    text = (
        f"{' × '.join(map(str, kernels.shape[2:]))} kernels by {run.method}, absolute values, each scaled "
        "to its own maximum; σ: standard deviation per axis, the mean over these images."
    )
    warmup = run.setting("warmup_epochs")
    if isinstance(warmup, int) and warmup > 0:
        text += f" The blur term acts from epoch {warmup + 1}."
    return picture_grid(columns, rows, [""] * len(rows)), text


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


def plane(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Take what can be shown of an image.

    Args:
        image: values from 0 to 255, (ch, *size).

    Returns:
        Colours, (H, W, 3): those of three channels, else grey; of a volume the middle slice.
    """
    while image.ndim > 3:
        image = image[:, image.shape[1] // 2]
    colours = image if len(image) == 3 else np.repeat(image[:1], 3, axis=0)
    return np.ascontiguousarray(colours.transpose(1, 2, 0).astype(np.uint8))
