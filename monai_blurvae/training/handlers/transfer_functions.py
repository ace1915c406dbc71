"""The measured transfer function and the weights that follow from it, over the epochs of a run."""

from pathlib import Path

import numpy as np
import torch
from ignite.engine import Engine
from jaxtyping import Float
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter
from typing_extensions import override

from monai_blurvae.blur import MeasuredBlur
from monai_blurvae.functional import frequency_radius, wiener_power
from monai_blurvae.losses import ReconstructionLoss, WienerBlurLoss
from monai_blurvae.training.handlers.pictures import PictureHandler, append_epoch

COLOURS = ListedColormap(colormaps["viridis_r"](np.linspace(0.12, 1, 256)))
"""From early to late; the palest colours are left out."""


class TransferFunctionHistory(PictureHandler):
    """Draw the transfer functions that a measured blur had at every validation: the blur shrinks.

    `transfer_functions.npz` holds `epochs` and `steps` (m,), the training batches seen until then; `gains`
    float32 (m, rings); `frequencies` (rings,), from zero to the spectrum's corner; `C` and `floor`. A resumed
    run drops the epochs after the one it resumes at. A loss without a measured blur leaves no file.

    Args:
        loss: The reconstruction term.
        spatial_dims: Spatial axes of the images.
        output_dir: See `PictureHandler`.
        summary_writer: See `PictureHandler`.
    """

    kind = "blur"

    def __init__(
        self,
        loss: ReconstructionLoss,
        spatial_dims: int,
        output_dir: str | Path,
        summary_writer: SummaryWriter | None = None,
    ) -> None:
        self.path = Path(output_dir) / "transfer_functions.npz"
        super().__init__(output_dir, summary_writer, label="transfer_functions", archive=self.path)
        self.loss = loss
        self.spatial_dims = spatial_dims

    @override
    def __call__(self, engine: Engine) -> None:
        loss = getattr(self.loss, "term", self.loss)  # of a sum of two terms the first
        if not isinstance(loss, WienerBlurLoss) or not isinstance(loss.blur, MeasuredBlur):
            return
        blur, epoch = loss.blur, engine.state.epoch
        edges = (1.0,) * self.spatial_dims if blur.spacing is None else blur.spacing
        corner = frequency_radius((2,) * len(edges), spacing=edges).max()  # of two pixels the highest
        now = {"steps": blur.batches.cpu().numpy(), "gains": blur.gain.float().cpu().numpy()}
        history = append_epoch(self.path, epoch, now)
        frequencies = torch.linspace(0, float(corner), blur.rings)
        gains = torch.from_numpy(history["gains"])
        weights = wiener_power(torch.complex(gains, torch.zeros_like(gains)), loss.C, loss.floor)
        figure = transfer_function_figure(
            torch.from_numpy(history["steps"]),
            frequencies,
            gains,
            weights,
            loss.C,
            unit="cycles per pixel" if blur.spacing is None else "cycles per mm",
        )
        constants = {"C": np.array(loss.C), "floor": np.array(loss.floor)}
        self.save(figure, {**history, "frequencies": frequencies.numpy(), **constants}, epoch)


def transfer_function_figure(
    steps: Float[Tensor, "m"],  # noqa: F821
    frequencies: Float[Tensor, "rings"],  # noqa: F821
    gains: Float[Tensor, "m rings"],
    weights: Float[Tensor, "m rings"],
    C: float,
    unit: str = "cycles per pixel",
) -> Figure:
    """Draw transfer functions in the colour of their training step, and the weights beside them.

    Args:
        steps: Training batches that each transfer function has seen, (m,).
        frequencies: Frequencies of the rings, (rings,).
        gains: K at each step, (m, rings).
        weights: abs(w)^2 at each step, (m, rings).
        C: Wiener constant: weights are largest where abs(K)^2 = C.
        unit: Unit of the frequencies.

    Returns:
        The figure, not yet rendered.
    """
    figure = Figure(figsize=(12, 4.6), dpi=100, layout="constrained", facecolor="white")
    first, last = float(steps.min()), float(steps.max())
    colours = ScalarMappable(Normalize(0 if first == last else first, last), COLOURS)
    transfer, weight = figure.subplots(1, 2)
    for step, K, power in zip(steps.tolist(), gains.numpy(), weights.numpy(), strict=True):
        colour = colours.to_rgba(step)
        transfer.plot(frequencies.numpy(), K, color=colour, linewidth=1.4)
        weight.semilogy(frequencies.numpy(), power, color=colour, linewidth=1.4)
    transfer.axhline(C**0.5, color="0.5", linewidth=1, linestyle="--")
    transfer.text(
        float(frequencies[-1]), C**0.5, "|K|² = C: the largest weight ", color="0.35", ha="right", va="bottom"
    )
    transfer.set(title="measured transfer function", ylabel="K", ylim=(0, 1.03))
    weight.set(title="weight of an error", ylabel="|w|²")
    weight.yaxis.set_major_formatter("{x:g}")
    for axes in (transfer, weight):
        axes.set(xlabel=unit, xlim=(0, float(frequencies[-1])))
        axes.grid(color="0.92")
    ticks = MaxNLocator(6, integer=True)
    figure.colorbar(colours, ax=[transfer, weight], label="training step", ticks=ticks, pad=0.01, aspect=30)
    return figure
