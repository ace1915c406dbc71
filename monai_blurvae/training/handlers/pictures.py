"""Shared parts of the handlers that draw: figures as PNG and in TensorBoard, first images, kernels."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt
import torch
from ignite.engine import Engine, Events
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter
from typing_extensions import override

from monai_blurvae.checks import check_integer
from monai_blurvae.files import replacing, write_arrays
from monai_blurvae.keys import Keys
from monai_blurvae.metrics.base import collated, present
from monai_blurvae.training.handlers.base import Handler


class EncoderDecoder(Protocol):
    """A model that encodes to a Gaussian and decodes; it may also have `kernel(z)`."""

    def encode(self, image: Tensor, /) -> tuple[Tensor, Tensor]:
        """Return mu and log_var of images (B, ch, *size)."""

    def decode(self, z: Tensor, /) -> Tensor:
        """Return the mean images of latents of the shape of mu."""


def kernels_of(model: object, z: Tensor) -> Tensor | None:
    """Estimate the blur kernels of latents, (B, *kernel); None for a model without a kernel network."""
    kernel: Any = getattr(model, "kernel", None)
    return None if kernel is None else kernel(z)


class FirstImages(Handler):
    """Keep the first images of an engine's output, anew in every epoch.

    Args:
        n: largest number of images.
        keys: what to keep.

    Raises:
        ValueError: If `n` is below 1.
    """

    event = Events.ITERATION_COMPLETED

    def __init__(self, n: int, *keys: str) -> None:
        check_integer(1, n=n)
        self.n = n
        self.keys = keys or (Keys.IMAGE,)
        self._forget()

    @override
    def attach(self, engine: Engine) -> None:
        engine.add_event_handler(Events.EPOCH_STARTED, self._forget)
        super().attach(engine)

    def images(self, key: str = Keys.IMAGE) -> Tensor:
        """Give the images that were kept, (n or fewer, ch, *size)."""
        return torch.cat(self._images[key])

    def _forget(self, _: Engine | None = None) -> None:
        self._images: dict[str, list[Tensor]] = {key: [] for key in self.keys}

    @override
    def __call__(self, engine: Engine) -> None:
        missing = self.n - sum(len(images) for images in self._images[self.keys[0]])
        if missing > 0:
            output = collated(engine.state.output)
            for key, images in self._images.items():
                images.append(present(output, key)[:missing].detach())


def append_epoch(
    path: Path, epoch: int, values: Mapping[str, npt.NDArray[np.generic]]
) -> dict[str, npt.NDArray[Any]]:
    """Read the history that an .npz file holds, and put an epoch's values at its end.

    A resumed run drops the epochs after the one it resumes at.

    Args:
        path: The file; it may be missing.
        epoch: The epoch that ends.
        values: The epoch's arrays by name.

    Returns:
        `epochs` (m,), and each array with a first axis of m epochs.

    Raises:
        ValueError: If the file is damaged, or holds something else.
    """
    history = {"epochs": np.array([epoch]), **{name: value[None] for name, value in values.items()}}
    if not path.is_file():
        return history
    try:
        with np.load(path) as before:
            kept = before["epochs"] < epoch
            return {name: np.concatenate([before[name][kept], new]) for name, new in history.items()}
    except Exception as error:  # a damaged archive fails in many ways
        raise ValueError(
            f"{path} must hold the history of this run's earlier epochs, got {error}: remove it, and a new "
            "history begins"
        ) from error


class PictureHandler(Handler):
    """Draw a figure at the end of every evaluation, as PNG and in TensorBoard.

    Figures are drawn without pyplot: no window, no global state, no memory kept.

    Args:
        output_dir: the run's folder; the figures are in a folder of it.
        summary_writer: TensorBoard's writer; None for PNG files only.
        label: name and title of the figure of an evaluation outside training; None names figures by epoch.
        archive: .npz file for the arrays that the figure shows; None for no file.

    Attributes:
        latest: file of the last figure; None before the first.
    """

    kind: ClassVar[str]
    """Folder of the figures, and their tag in TensorBoard."""

    def __init__(
        self,
        output_dir: str | Path,
        summary_writer: SummaryWriter | None = None,
        label: str | None = None,
        archive: str | Path | None = None,
    ) -> None:
        self.folder = Path(output_dir) / self.kind
        self.summary_writer = summary_writer
        self.label = label
        self.archive = archive
        self.latest: Path | None = None

    def title(self, epoch: int) -> str:
        """Name the evaluation: the label, or "epoch 5"."""
        return self.label or f"epoch {epoch}"

    def save(self, figure: Figure, arrays: Mapping[str, npt.NDArray[np.generic]], epoch: int) -> None:
        """Write a figure as PNG and to TensorBoard, and its arrays to the archive."""
        path = self.folder / f"{self.label or f'epoch_{epoch:04d}'}.png"
        canvas = FigureCanvasAgg(figure)
        with replacing(path) as partial:
            figure.savefig(partial, format="png", dpi=figure.dpi)
        self.latest = path
        if self.summary_writer is not None:
            canvas.draw()
            pixels = np.asarray(canvas.buffer_rgba())[..., :3]
            self.summary_writer.add_image(self.kind, pixels, epoch, dataformats="HWC")
            self.summary_writer.flush()
        if self.archive is not None:
            write_arrays(self.archive, arrays)
