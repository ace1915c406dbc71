"""Pictures of log spectra, as a run goes on: which frequencies reconstructions and samples have and lack."""

from pathlib import Path

import torch
from ignite.engine import Engine, Events
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from monai_blurvae.functional import log_spectrum, radial_power, ring_frequencies
from monai_blurvae.keys import Keys
from monai_blurvae.training.handlers.archive import save_arrays
from monai_blurvae.training.handlers.pictures import Pictures
from monai_blurvae.training.handlers.spectrum_figure import spectrum_figure

SHOWN = {"data": Keys.IMAGE, "reconstructions": Keys.RECONSTRUCTION, "samples": Keys.SAMPLES}


class SpectrumImages:
    """Draw `spectrum_figure` of the first images of an evaluation, at its end: the paper's figure 6.

    Sums are kept, not images. Under several processes the images are those of the process that draws.

    Args:
        output_dir: the run's folder; figures go to `spectra/` in it.
        summary_writer: TensorBoard's writer, None for PNG files alone.
        n: number of images to average over (the paper: 128).
        label: name and title of the figure; None names by epoch.
        archive: .npz file for the mean log spectra, float32 `data`, `reconstructions` and `samples` (*size),
            zero frequency in the centre; None: no file.

    Raises:
        ValueError: if n is below 1.
    """

    def __init__(
        self,
        output_dir: str | Path,
        summary_writer: SummaryWriter | None = None,
        n: int = 128,
        label: str | None = None,
        archive: str | Path | None = None,
    ) -> None:
        if n < 1:
            raise ValueError(f"`n` must be at least 1, got {n}")
        self.pictures = Pictures(Path(output_dir) / "spectra", "spectra", summary_writer, label)
        self.n = n
        self.archive = archive
        self._count = 0
        self._spectra: dict[str, Tensor] = {}
        self._power: dict[str, Tensor] = {}

    @property
    def latest(self) -> Path | None:
        """File of the last figure, None before the first."""
        return self.pictures.latest

    def attach(self, engine: Engine) -> None:
        """Watch an engine.

        Args:
            engine: the evaluator, whose output holds images, reconstructions and samples.
        """
        engine.add_event_handler(Events.EPOCH_STARTED, self._forget)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._add)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self)

    def _forget(self, _: Engine) -> None:
        self._count = 0
        self._spectra.clear()
        self._power.clear()

    @torch.no_grad()
    def _add(self, engine: Engine) -> None:
        output = engine.state.output
        added = min(self.n - self._count, len(output[Keys.IMAGE]))
        if added <= 0:
            return
        self._count += added
        for name, key in SHOWN.items():
            images = output[key][:added]
            bins = min(images.shape[2:]) // 2
            self._spectra[name] = self._spectra.get(name, 0) + added * log_spectrum(images)
            self._power[name] = self._power.get(name, 0) + radial_power(images, bins).sum(dim=0)

    def __call__(self, engine: Engine) -> None:
        """Draw the figure of an epoch.

        Args:
            engine: the evaluator at its end.
        """
        epoch = engine.state.epoch
        spectra = {name: total / self._count for name, total in self._spectra.items()}
        figure = spectrum_figure(
            spectra,
            {name: total / self._count for name, total in self._power.items()},
            radius=ring_frequencies(len(self._power["data"])),
            title=f"{self.pictures.title(epoch)}: mean of {self._count} images",
        )
        self.pictures.save(figure, epoch)
        if self.archive is not None:
            save_arrays(self.archive, {name: mean.float().cpu().numpy() for name, mean in spectra.items()})
