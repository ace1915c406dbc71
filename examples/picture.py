"""The picture that every example draws: images, spectra, transfer functions and weights."""

from pathlib import Path

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from shared import Result
from torch import Tensor, nn

from monai_blurvae.blur import MeasuredBlur
from monai_blurvae.functional import (
    frequency_radius,
    log_spectrum,
    radial_power,
    ring_frequencies,
    taper,
    wiener_power,
)
from monai_blurvae.losses import WienerBlurLoss

COLOURS = ("tab:orange", "tab:blue", "tab:green")
LINES = ("-", "-", "--")
"""The third may cover the second."""


def draw(test: Tensor, results: list[Result], loss: nn.Module, path: Path, title: str) -> None:
    """Draw two test images, their reconstructions and all spectra; the measured blur and its weights.

    Args:
        test: test images, (B, ch, *size).
        results: the networks to compare.
        loss: the trained `WienerBlurLoss` with a measured blur.
        path: the PNG to write.
        title: the figure's title.
    """
    assert isinstance(loss, WienerBlurLoss)
    assert isinstance(loss.blur, MeasuredBlur)
    columns = {"input": test} | {result.name: result.images for result in results}
    part = ", middle slice" if test.ndim > 4 else ""
    captions = ["", *(result.measures.replace(", ", "\n") for result in results)]
    figure = Figure(figsize=(3 * len(columns) + 5.2, 9.6), dpi=80, layout="constrained", facecolor="white")
    figure.suptitle(title, fontsize=15)
    grid = figure.add_gridspec(3, len(columns) + 1, width_ratios=[*[3] * len(columns), 5.2])
    spectra = {name: _plane(log_spectrum(taper(images))) for name, images in columns.items()}
    low, high = (float(np.percentile(spectra["input"], share)) for share in (1, 99.8))
    for column, (name, caption) in enumerate(zip(columns, captions, strict=True)):
        for row in range(3):
            axes = figure.add_subplot(grid[row, column])
            axes.set(xticks=[], yticks=[])
            if row == 2:
                axes.imshow(spectra[name], cmap="magma", vmin=low, vmax=high)
                axes.set_xlabel(caption, fontsize=11)
            else:
                axes.imshow(_plane(columns[name][row, 0]), cmap="gray", vmin=-1, vmax=1)
            if row == 0:
                axes.set_title(name, fontsize=14)
            if column == 0:
                axes.set_ylabel("log spectrum, mean of all" if row == 2 else f"test image {row + 1}{part}")
    _spectra(figure.add_subplot(grid[0, -1]), columns)
    _gains(figure.add_subplot(grid[1, -1]), results, loss.blur, loss.C, test.ndim - 2)
    _weights(figure.add_subplot(grid[2, -1]), loss.blur, loss.C, loss.floor, test.ndim - 2)
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    palette = Image.fromarray(pixels).quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=1)
    palette.save(path, optimize=True)  # a small file
    print(f"Picture: {path}")


def _plane(image: Tensor) -> np.ndarray:
    """Take the middle slice of a volume (*size)."""
    while image.ndim > 2:
        image = image[len(image) // 2]
    return image.numpy()


def _frequencies(blur: MeasuredBlur, spatial_dims: int) -> np.ndarray:
    """Give the frequency of each ring, from zero to the spectrum's corner."""
    corner = frequency_radius((2,) * spatial_dims).max().item()
    return np.linspace(0, corner, blur.rings)


def _spectra(axes: Axes, columns: dict[str, Tensor]) -> None:
    bins = min(columns["input"].shape[2:]) // 2
    styles = zip(("black", *COLOURS), ("-", *LINES), strict=True)
    for (name, images), (colour, line) in zip(columns.items(), styles, strict=False):
        power = radial_power(taper(images), bins).mean(dim=0)
        axes.semilogy(ring_frequencies(bins).numpy(), power.numpy(), line, color=colour, label=name)
    axes.set(title="Power of the images", xlabel="cycles per pixel", ylabel="power", xlim=(0, 0.5))
    axes.legend(frameon=False)
    axes.grid(color="0.92")


def _gains(axes: Axes, results: list[Result], blur: MeasuredBlur, C: float, spatial_dims: int) -> None:
    frequencies = _frequencies(blur, spatial_dims)
    for result, colour, line in zip(results, COLOURS, LINES, strict=False):
        axes.plot(frequencies, result.gain.numpy(), line, color=colour, label=f"{result.name}, test images")
    gain = blur.gain.cpu().numpy()
    axes.plot(frequencies, gain, color="0.3", linestyle=":", label="K in the loss, measured in training")
    axes.axhline(C**0.5, color="0.6", linewidth=1, linestyle="--")
    axes.text(frequencies[-1] * 0.98, C**0.5 + 0.02, "K² = C: the largest weight", color="0.4", ha="right")
    axes.set(
        title="Transfer function: the part of each frequency that survives",
        xlabel="cycles per pixel",
        ylabel="K",
        xlim=(0, frequencies[-1]),
        ylim=(0, 1.02),
    )
    axes.legend(frameon=False)
    axes.grid(color="0.92")


def _weights(axes: Axes, blur: MeasuredBlur, C: float, floor: float, spatial_dims: int) -> None:
    K = blur.gain.cpu()
    weights = wiener_power(torch.complex(K, torch.zeros_like(K))[None], C, floor)[0].numpy()
    axes.semilogy(_frequencies(blur, spatial_dims), weights, color="0.3")
    axes.set(
        title="Weight of an error at each frequency in the loss",
        xlabel="cycles per pixel",
        ylabel="weight |w|²",
        xlim=(0, _frequencies(blur, spatial_dims)[-1]),
        ylim=(0.7, 0.5 / C),
        yticks=[1, 2, 5],
    )
    axes.set_yticks([], minor=True)
    axes.set_yticklabels(["1", "2", "5"])
    axes.grid(color="0.92")
