"""The picture of a trained VAE: inputs, reconstructions, samples and kernels in labelled rows."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from monai_blurvae.shapes import Image, Kernel

DPI = 100
PANEL_PIXELS = 128
GAP, LEFT, TOP, CAPTION, LEAST_WIDTH = 4, 28, 40, 24, 420


def plane(image: Tensor) -> NDArray[Any]:
    """Take what can be shown of one image: the middle slice of a volume, colours if there are three channels.

    Args:
        image: one image, (ch, *size) in [-1, 1].

    Returns:
        Grey values (H, W) in [-1, 1], or colours (H, W, 3) in [0, 1].
    """
    while image.ndim > 3:
        image = image[:, image.shape[1] // 2]
    values = image.detach().float().cpu().numpy()
    return np.clip((values.transpose(1, 2, 0) + 1) / 2, 0, 1) if len(values) == 3 else values[0]


def scaled_kernel(kernel: Tensor) -> NDArray[Any]:
    """Divide what is shown of a kernel by its own largest absolute value, so that its form shows.

    Args:
        kernel: one kernel, (*kernel).

    Returns:
        Its middle plane (h, w), in [-1, 1]; in [0, 1] where no value is negative.
    """
    shown = plane(kernel[None])
    return shown / max(float(np.abs(shown).max()), 1e-12)


def reconstruction_figure(
    images: Image, reconstructions: Image, samples: Image, kernels: Kernel | None = None, title: str = ""
) -> Figure:
    """Draw one column an image; every panel whole pixels of its image wide, so that nothing is interpolated.

    Grey images are shown in the fixed range [-1, 1], kernels each in its own.

    Args:
        images: inputs x, (B, ch, *size) in [-1, 1].
        reconstructions: their reconstructions, in the shape of x.
        samples: decoded prior latents, in the shape of x.
        kernels: kernels of the inputs, (B, *kernel); None leaves their row out.
        title: what stands above.

    Returns:
        The figure, not yet rendered.
    """
    rows = [("inputs", images), ("reconstructions", reconstructions), ("samples", samples)]
    height, width = images.shape[-2:]
    zoom = max(1, round(PANEL_PIXELS / max(height, width)))
    height, width = height * zoom, width * zoom
    step = height + GAP
    total_height = TOP + len(rows) * step + (CAPTION + step if kernels is not None else 0)
    total_width = max(LEAST_WIDTH, LEFT + len(images) * (width + GAP))
    figure = Figure(figsize=(total_width / DPI, total_height / DPI), dpi=DPI, facecolor="white")

    def panel(column: int, top: int, values: NDArray[Any], lowest: float) -> None:
        left, bottom = LEFT + column * (width + GAP), total_height - top - height
        axes = figure.add_axes(
            (left / total_width, bottom / total_height, width / total_width, height / total_height)
        )
        axes.set_axis_off()
        axes.imshow(values, cmap="gray", vmin=lowest, vmax=1, interpolation="nearest", aspect="auto")

    def words(x: float, y: float, text: str, **style: Any) -> None:  # noqa: ANN401
        figure.text(x / total_width, 1 - y / total_height, text, va="center", ha="center", **style)

    centre = (LEFT + total_width) / 2
    words(centre, TOP / 2, f"{title}, middle slices" if images.ndim > 4 else title, fontsize=13)
    for row, (label, batch) in enumerate(rows):
        top = TOP + row * step
        words(LEFT / 2, top + height / 2, label, rotation=90, fontsize=10)
        for column, image in enumerate(batch):
            panel(column, top, plane(image), lowest=-1)
    if kernels is not None:
        top = TOP + len(rows) * step + CAPTION
        size = " × ".join(str(length) for length in kernels.shape[1:])
        what = f"middle planes of the {size} kernels" if kernels.ndim > 3 else f"{size} kernels"
        caption = f"{what} of the inputs, each scaled to its maximum"
        words(centre, top - CAPTION / 2 - GAP / 2, caption, fontsize=9)
        words(LEFT / 2, top + height / 2, "kernels", rotation=90, fontsize=10)
        for column, kernel in enumerate(kernels):
            values = scaled_kernel(kernel)
            panel(column, top, values, lowest=min(0.0, float(values.min())))
    return figure
