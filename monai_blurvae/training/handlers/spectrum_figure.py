"""The picture of what frequencies a VAE keeps: log spectra, differences to the data's, power by frequency."""

from collections.abc import Mapping
from typing import Any

import torch
from matplotlib.figure import Figure
from torch import Tensor

COLOURS = ("black", "tab:blue", "tab:orange")
TICKS = (-0.5, -0.25, 0, 0.25)


def central_plane(spectrum: Tensor) -> Tensor:
    """Take the plane through the zero frequency of a volume's spectrum.

    Args:
        spectrum: full spectrum with the zero frequency at index size // 2, (H, W) or (D, H, W).

    Returns:
        The last two axes' plane, (H, W).
    """
    while spectrum.ndim > 2:
        spectrum = spectrum[spectrum.shape[0] // 2]
    return spectrum.detach().float().cpu()


def spectrum_figure(
    spectra: Mapping[str, Tensor], power: Mapping[str, Tensor], radius: Tensor, title: str = ""
) -> Figure:
    """Draw log spectra in one colour range, their differences to the first, and the power by frequency.

    Args:
        spectra: mean log abs F by name, the data's first, each (*size) with the zero frequency in the middle.
        power: mean power by the same names, each (bins,).
        radius: frequencies of the bins in cycles per pixel, (bins,).
        title: what stands above.

    Returns:
        The figure, not yet rendered.
    """
    planes = {name: central_plane(spectrum) for name, spectrum in spectra.items()}
    reference, *others = planes
    differences = {f"{name} − {reference}": planes[name] - planes[reference] for name in others}
    figure = Figure(figsize=(12, 7.6), dpi=100, layout="constrained", facecolor="white")
    figure.suptitle(title, fontsize=13)
    grid = figure.add_gridspec(2, len(planes))

    def row(number: int, first: int, shown: Mapping[str, Tensor], label: str, **style: Any) -> None:  # noqa: ANN401
        panels: list[Any] = []
        for column, (name, values) in enumerate(shown.items(), start=first):
            axes = figure.add_subplot(grid[number, column])
            half_height, half_width = (0.5 / length for length in values.shape)
            extent = (-0.5 - half_width, 0.5 - half_width, 0.5 - half_height, -0.5 - half_height)
            axes.imshow(values.numpy(), extent=extent, **style)
            axes.set(title=name, xticks=TICKS, yticks=TICKS, xlabel="cycles per pixel")
            panels.append(axes)
        figure.colorbar(panels[-1].images[0], ax=panels, label=label, fraction=0.05, pad=0.02)

    everything = torch.stack(list(planes.values()))
    lowest, highest = float(everything.min()), float(everything.max())
    where = ", plane of zero frequency" if spectra[reference].ndim > 2 else ""
    row(0, 0, planes, f"mean log |F|{where}", cmap="magma", vmin=lowest, vmax=highest)
    largest = max(float(difference.abs().max()) for difference in differences.values()) or 1.0
    row(1, 1, differences, "difference of mean log |F|", cmap="RdBu_r", vmin=-largest, vmax=largest)

    axes = figure.add_subplot(grid[1, 0])
    for (name, values), colour in zip(power.items(), COLOURS, strict=False):
        axes.plot(
            radius.cpu(),
            values.detach().clamp_min(1e-12).log10().cpu(),
            color=colour,
            label=name,
            linewidth=1.6,
        )
    axes.set(xlabel="cycles per pixel", ylabel="log10 power", title="mean power by frequency", xlim=(0, None))
    axes.axvline(0.25, color="0.7", linewidth=1, linestyle="--", label="0.25 cycles per pixel")
    axes.grid(color="0.92")
    axes.legend(frameon=False)
    return figure
