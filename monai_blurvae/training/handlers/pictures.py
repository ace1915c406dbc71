"""Where a handler's figures go: a PNG for every evaluation and, beside it, TensorBoard."""

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch.utils.tensorboard import SummaryWriter

from monai_blurvae.files import replacing


class Pictures:
    """A folder of figures of one kind, one for every evaluated epoch.

    Figures are drawn without pyplot: no window, no global state, no memory kept.

    Args:
        folder: folder of the PNG files, made with the first one.
        tag: name in TensorBoard.
        summary_writer: TensorBoard's writer, None for PNG files alone.
        label: name and title of the single figure of an evaluation outside training; None names by epoch,
            `epoch_0005.png`.

    Attributes:
        latest: file of the last figure, None before the first.
    """

    def __init__(
        self,
        folder: str | Path,
        tag: str,
        summary_writer: SummaryWriter | None = None,
        label: str | None = None,
    ) -> None:
        self.folder = Path(folder)
        self.tag = tag
        self.summary_writer = summary_writer
        self.label = label
        self.latest: Path | None = None

    def title(self, epoch: int) -> str:
        """Say in a figure's title what it belongs to.

        Args:
            epoch: the trainer's epoch, from 1.

        Returns:
            The label, or "epoch 5".
        """
        return self.label or f"epoch {epoch}"

    def save(self, figure: Figure, epoch: int) -> None:
        """Write a figure as PNG and to TensorBoard.

        Args:
            figure: what was drawn.
            epoch: the trainer's epoch, from 1.
        """
        path = self.folder / f"{self.label or f'epoch_{epoch:04d}'}.png"
        canvas = FigureCanvasAgg(figure)
        with replacing(path) as partial:
            figure.savefig(partial, format="png", dpi=figure.dpi)
        self.latest = path
        if self.summary_writer is not None:
            canvas.draw()
            pixels = np.asarray(canvas.buffer_rgba())[..., :3]
            self.summary_writer.add_image(self.tag, pixels, epoch, dataformats="HWC")
            self.summary_writer.flush()
