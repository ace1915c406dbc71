"""Figure 2: the kernels of a few images over the epochs."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments.report.mosaic import fit, mosaic, plane
from experiments.report.run import Run

COLUMNS = 9
PANEL = 96


def kernel_width(kernel: NDArray[Any]) -> float:
    """Measure how far a kernel spreads: the root mean square, per axis, of the distance from its centre.

    Signed kernels count by absolute value.

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


def kernel_plane(kernel: NDArray[Any]) -> NDArray[Any]:
    """Show a kernel scaled to its own largest absolute value.

    Args:
        kernel: one kernel, (*kernel).

    Returns:
        Its middle plane, uint8 (1, h, w): black is 0, or the least value where some are negative.
    """
    low = min(0.0, float(kernel.min()))
    scaled = (kernel - low) / max(float(kernel.max()) - low, 1e-12)
    while scaled.ndim > 2:
        scaled = scaled[scaled.shape[0] // 2]
    return (255 * scaled).round().astype(np.uint8)[None]


def kernels_figure(run: Run) -> tuple[Figure, str] | None:
    """Draw a row an image, a column an epoch.

    Args:
        run: a run, with kernels.npz in its folder.

    Returns:
        The figure and what has to be known to read it; None where the run has no kernels.
    """
    path = run.folder / "kernels.npz"
    if not path.is_file():
        return None
    with np.load(path) as file:
        epochs, images, kernels = file["epochs"], file["images"], file["kernels"]
    if len(epochs) == 0:
        return None
    chosen = np.unique(np.linspace(0, len(epochs) - 1, min(COLUMNS, len(epochs))).round().astype(int))
    rows: list[list[Any]] = []
    for number, image in enumerate(images):
        shown = [fit(plane(kernel_plane(kernels[index, number])), PANEL) for index in chosen]
        rows.append([_resized(plane(image), shown[0].shape[:2]), *shown])
    widths = [
        ["", *(f"σ {kernel_width(kernels[index, number]):.2f} px" for index in chosen)]
        for number in range(len(images))
    ]
    columns = ["image", *(f"epoch {epochs[index]}" for index in chosen)]
    size = " × ".join(map(str, kernels.shape[2:]))
    text = (
        f"{size} kernels by {run.method}, each scaled to its own maximum; σ: its standard deviation per axis."
    )
    warmup = run.setting("warmup_epochs")
    if isinstance(warmup, int) and warmup > 0:
        text += f" The blur term acts from epoch {warmup + 1}."
    return mosaic(columns, rows, [("one image a row", len(images))], widths), text


def _resized(picture: NDArray[Any], size: tuple[int, ...]) -> NDArray[Any]:
    """Bring a picture to a panel's size by nearest pixels: it only says which image a row is of.

    Args:
        picture: colours, (H, W, 3).
        size: height and width, in pixels.

    Returns:
        Colours, (*size, 3).
    """
    rows, columns = (
        (np.arange(new) + 0.5) * old / new for new, old in zip(size, picture.shape[:2], strict=True)
    )
    return np.asarray(picture[rows.astype(int)][:, columns.astype(int)])
