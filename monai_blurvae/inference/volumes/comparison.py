"""A picture of volumes beside their reconstructions, and a line about each while inference runs."""

import sys
from pathlib import Path
from typing import NamedTuple, TextIO

import torch
from ignite.engine import Engine
from matplotlib.figure import Figure
from monai.data import decollate_batch
from monai.engines.utils import IterationEvents
from torch import Tensor
from tqdm import tqdm

from monai_blurvae.data.intensity import BACKGROUND
from monai_blurvae.files import replacing
from monai_blurvae.keys import Keys

MOST_ROWS = 8
"""Volumes in the picture: the first ones."""
LARGEST_DIFFERENCE = 0.5
"""Of the picture's colours, in units of [-1, 1]."""
BRIGHTEST = 0.995
"""Quantile of an anomaly map that has the brightest colour."""


class Row(NamedTuple):
    """What the picture shows of a volume."""

    name: str
    image: Tensor
    """The slice with most brain, (rows, columns)."""
    reconstruction: Tensor
    psnr: float
    """Of the volume's brain, in dB, at a range of 2."""
    anomaly: Tensor | None = None
    """The anomaly map of the slice, where the output has one."""


class VolumeComparison:
    """A handler that says how each volume came out, and draws the first ones beside their reconstructions.

    Args:
        path: the PNG, written anew after each volume that is drawn.
        stream: where the lines go; None for standard error.

    Attributes:
        rows: the volumes so far, at most `MOST_ROWS`.
    """

    def __init__(self, path: str | Path, stream: TextIO | None = None) -> None:
        self.path = Path(path)
        self.stream = stream
        self.rows: list[Row] = []

    def attach(self, engine: Engine) -> None:
        """Look at an evaluator's output right after the network, before any postprocessing."""
        engine.add_event_handler(IterationEvents.FORWARD_COMPLETED, self)

    def __call__(self, engine: Engine) -> None:
        """Take in the volumes (B, 1, rows, columns, slices) under "image" and "pred"."""
        output, state = engine.state.output, engine.state
        reconstructions = torch.as_tensor(output[Keys.RECONSTRUCTION]).float().cpu()
        maps = output.get(Keys.ANOMALY, [None] * len(reconstructions))
        for image, reconstruction, anomaly in zip(
            decollate_batch(output[Keys.IMAGE]), reconstructions, maps, strict=True
        ):
            file = str(image.meta.get("filename_or_obj", ""))
            own = None if anomaly is None else torch.as_tensor(anomaly[0]).cpu()
            row = compare(file, image.as_tensor()[0].cpu(), reconstruction[0], own)
            position = f"volume {state.iteration} of {state.epoch_length * state.max_epochs}"
            tqdm.write(
                f"{position}: {row.name}, PSNR in the brain {row.psnr:.2f} dB", self.stream or sys.stderr
            )
            if len(self.rows) < MOST_ROWS:
                self.rows.append(row)
                self._draw()

    def _draw(self) -> None:
        columns = 3 if self.rows[0].anomaly is None else 4
        figure = Figure(figsize=(2.4 * columns, 2.5 * len(self.rows)), dpi=100, layout="constrained")
        axes = figure.subplots(len(self.rows), columns, squeeze=False)
        for (left, middle, right, *last), row in zip(axes, self.rows, strict=True):
            for axis, picture in ((left, row.image), (middle, row.reconstruction)):
                axis.imshow(picture.numpy(), cmap="gray", vmin=-1, vmax=1, interpolation="nearest")
            drawn = right.imshow(
                (row.reconstruction - row.image).numpy(),
                cmap="RdBu_r",
                vmin=-LARGEST_DIFFERENCE,
                vmax=LARGEST_DIFFERENCE,
                interpolation="nearest",
            )
            left.set_title(row.name, fontsize=8)
            middle.set_title(f"reconstruction, {row.psnr:.2f} dB in the brain", fontsize=8)
            right.set_title("difference", fontsize=8)
            if row.anomaly is not None:
                limit = float(row.anomaly[row.image > BACKGROUND].quantile(BRIGHTEST))
                last[0].imshow(row.anomaly.numpy(), cmap="magma", vmin=0, vmax=limit, interpolation="nearest")
                last[0].set_title(f"anomaly, 0 to {limit:.3g}", fontsize=8)
            for axis in (left, middle, right, *last):
                axis.set_axis_off()
        figure.colorbar(drawn, ax=axes[:, 2], shrink=0.6)
        with replacing(self.path) as partial:
            figure.savefig(partial, format="png", dpi=figure.dpi)


def compare(file: str, volume: Tensor, reconstruction: Tensor, anomaly: Tensor | None = None) -> Row:
    """Compare a volume, (rows, columns, slices) in [-1, 1], with its reconstruction."""
    brain = volume > BACKGROUND
    most = int(brain.sum(dim=(0, 1)).argmax())
    error = (reconstruction - volume)[brain].double().square().mean()
    psnr = 10 * torch.log10(4 / error).item()
    own = None if anomaly is None else anomaly[..., most]
    return Row(Path(file).name, volume[..., most], reconstruction[..., most], psnr, own)
