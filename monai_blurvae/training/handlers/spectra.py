"""Pictures of log spectra after every evaluation: which frequencies reconstructions and samples keep."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from ignite.engine import Engine, Events
from matplotlib.figure import Figure
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter
from typing_extensions import override

from monai_blurvae.checks import check_integer
from monai_blurvae.functional import log_spectrum, radial_power, ring_frequencies
from monai_blurvae.keys import Keys
from monai_blurvae.metrics.base import collated, present
from monai_blurvae.training.handlers.pictures import PictureHandler

SHOWN = {"data": Keys.IMAGE, "reconstructions": Keys.RECONSTRUCTION, "samples": Keys.SAMPLES}
COLOURS = ("black", "tab:blue", "tab:orange")
TICKS = (-0.5, -0.25, 0, 0.25)


class SpectrumImages(PictureHandler):
    """Draw `spectrum_figure` of the first images of an evaluation: the paper's figure 6.

    Only sums are kept. Under several processes the images are those of the process that draws. Samples are
    left out if the engine's output has none. The archive holds the mean log spectra, float32 `data`,
    `reconstructions` and `samples` (*size), zero frequency in the centre.

    Args:
        output_dir: see `PictureHandler`.
        summary_writer: see `PictureHandler`.
        n: number of images to average over (the paper: 128).
        label: see `PictureHandler`.
        archive: see `PictureHandler`.

    Raises:
        ValueError: If `n` is below 1.
    """

    kind = "spectra"

    def __init__(
        self,
        output_dir: str | Path,
        summary_writer: SummaryWriter | None = None,
        n: int = 128,
        label: str | None = None,
        archive: str | Path | None = None,
    ) -> None:
        check_integer(1, n=n)
        super().__init__(output_dir, summary_writer, label, archive)
        self.n = n
        self._forget()

    @override
    def attach(self, engine: Engine) -> None:
        engine.add_event_handler(Events.EPOCH_STARTED, self._forget)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._add)
        super().attach(engine)

    def _forget(self, _: Engine | None = None) -> None:
        self._count = 0
        self._spectra: dict[str, Tensor] = {}
        self._power: dict[str, Tensor] = {}

    @torch.no_grad()
    def _add(self, engine: Engine) -> None:
        if self._count == self.n:
            return
        output = collated(engine.state.output)
        added = min(self.n - self._count, len(present(output, Keys.IMAGE)))
        self._count += added
        for name, key in SHOWN.items():
            if key is Keys.SAMPLES and output.get(key) is None:
                continue
            images = present(output, key)[:added]
            bins = min(images.shape[2:]) // 2
            self._spectra[name] = self._spectra.get(name, 0) + added * log_spectrum(images)
            self._power[name] = self._power.get(name, 0) + radial_power(images, bins).sum(dim=0)

    @override
    def __call__(self, engine: Engine) -> None:
        epoch = engine.state.epoch
        spectra = {name: total / self._count for name, total in self._spectra.items()}
        power = {name: total / self._count for name, total in self._power.items()}
        title = f"{self.title(epoch)}: mean of {self._count} images"
        figure = spectrum_figure(spectra, power, ring_frequencies(len(power["data"])), title)
        self.save(figure, {name: mean.float().cpu().numpy() for name, mean in spectra.items()}, epoch)


def central_plane(spectrum: Tensor) -> Tensor:
    """Take the plane (H, W) through the zero frequency, at index size // 2, of a spectrum (*size)."""
    while spectrum.ndim > 2:
        spectrum = spectrum[spectrum.shape[0] // 2]
    return spectrum.detach().float().cpu()


def spectrum_figure(
    spectra: Mapping[str, Tensor], power: Mapping[str, Tensor], radius: Tensor, title: str = ""
) -> Figure:
    """Draw log spectra in one colour range, their differences to the first one, and the power by frequency.

    Args:
        spectra: mean log abs F by name, the data's first, each (*size), zero frequency in the centre.
        power: mean power by the same names, each (bins,).
        radius: frequencies of the bins in cycles per pixel, (bins,).
        title: the figure's title.

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
