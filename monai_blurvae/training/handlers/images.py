"""Pictures after every evaluation: inputs, reconstructions, samples, kernels; and the kernels over epochs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ignite.engine import Engine
from matplotlib.figure import Figure
from monai.networks.utils import eval_mode
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter
from typing_extensions import override

from monai_blurvae.files import write_arrays
from monai_blurvae.functional import byte_levels
from monai_blurvae.keys import Keys
from monai_blurvae.shapes import Kernel
from monai_blurvae.training.handlers.base import Handler
from monai_blurvae.training.handlers.pictures import (
    EncoderDecoder,
    FirstImages,
    PictureHandler,
    append_epoch,
    kernels_of,
)

DPI = 100
PANEL_PIXELS = 128
GAP, LEFT, TOP, CAPTION, LEAST_WIDTH = 4, 28, 40, 24, 420


class ReconstructionImages(PictureHandler):
    """Draw `reconstruction_figure` of the first images of an evaluation.

    With a network, reconstructions and kernels come from mu, and samples from latents of a fixed seed, so
    that figures of different epochs compare. Without one, the reconstructions are those of the engine's
    output, and there are no samples and kernels. The archive holds uint8 `inputs`, `reconstructions` and
    `samples` (n, ch, *size), and float32 `kernels` (n, *kernel).

    Args:
        network: the model to draw with, or None.
        output_dir: see `PictureHandler`.
        summary_writer: see `PictureHandler`.
        n: largest number of columns.
        seed: seed of the samples' latents.
        label: see `PictureHandler`.
        archive: see `PictureHandler`.

    Raises:
        ValueError: If `n` is below 1.
    """

    kind = "images"

    def __init__(
        self,
        network: EncoderDecoder | None,
        output_dir: str | Path,
        summary_writer: SummaryWriter | None = None,
        n: int = 8,
        seed: int = 0,
        label: str | None = None,
        archive: str | Path | None = None,
    ) -> None:
        super().__init__(output_dir, summary_writer, label, archive)
        self.network = network
        self.seed = seed
        keys = (Keys.IMAGE, Keys.RECONSTRUCTION) if network is None else (Keys.IMAGE,)
        self.first = FirstImages(n, *keys)

    @override
    def attach(self, engine: Engine) -> None:
        self.first.attach(engine)
        super().attach(engine)

    @override
    def __call__(self, engine: Engine) -> None:
        rows, kernels = self._rows()
        title = self.title(engine.state.epoch)
        arrays = {name: byte_levels(images).cpu().numpy() for name, images in rows.items()}
        if kernels is not None:
            arrays["kernels"] = kernels.float().cpu().numpy()
        self.save(reconstruction_figure(rows, kernels, title), arrays, engine.state.epoch)

    def _rows(self) -> tuple[dict[str, Tensor], Tensor | None]:
        images, network = self.first.images(), self.network
        if network is None:
            return {"inputs": images, "reconstructions": self.first.images(Keys.RECONSTRUCTION)}, None
        with eval_mode(network):
            mu, _ = network.encode(images)
            shape, generator = (self.first.n, *mu.shape[1:]), torch.Generator().manual_seed(self.seed)
            noise = torch.randn(shape, generator=generator)[: len(images)].to(mu)
            rows = {
                "inputs": images,
                "reconstructions": network.decode(mu),
                "samples": network.decode(noise),
            }
            return rows, kernels_of(network, mu)


class KernelHistory(Handler):
    """Add the kernels of the first images to `kernels.npz` at every validation.

    The file holds `epochs` (m,), `images` uint8 (n, ch, *size) and `kernels` float32 (m, n, *kernel), made
    from mu. Validation shows the same images every time. A resumed run drops the epochs after the one it
    resumes at. A network without kernels leaves no file.

    Args:
        network: the network.
        output_dir: the run's folder.
        n: number of images.

    Raises:
        ValueError: If `n` is below 1.
    """

    def __init__(self, network: EncoderDecoder, output_dir: str | Path, n: int = 4) -> None:
        self.network = network
        self.path = Path(output_dir) / "kernels.npz"
        self.first = FirstImages(n)

    @override
    def attach(self, engine: Engine) -> None:
        self.first.attach(engine)
        super().attach(engine)

    @override
    def __call__(self, engine: Engine) -> None:
        images = self.first.images()
        with eval_mode(self.network):
            kernel = kernels_of(self.network, self.network.encode(images)[0])
        if kernel is None:
            return
        history = append_epoch(self.path, engine.state.epoch, {"kernels": kernel.float().cpu().numpy()})
        write_arrays(self.path, {**history, "images": byte_levels(images).cpu().numpy()})


def plane(image: Tensor) -> NDArray[Any]:
    """Take what can be shown of an image (ch, *size) in [-1, 1]: the middle slice of a volume.

    Args:
        image: one image.

    Returns:
        Grey values (H, W) in [-1, 1], or colours (H, W, 3) in [0, 1] for three channels.
    """
    while image.ndim > 3:
        image = image[:, image.shape[1] // 2]
    values = image.detach().float().cpu().numpy()
    return np.clip((values.transpose(1, 2, 0) + 1) / 2, 0, 1) if len(values) == 3 else values[0]


def reconstruction_figure(
    images: Mapping[str, Tensor], kernels: Kernel | None = None, title: str = ""
) -> Figure:
    """Draw a row for each kind of image and a column for each image.

    Every pixel of an image is a square of whole pixels. Grey images are shown in the fixed range [-1, 1].
    Each kernel is divided by its own largest absolute value, so that its form shows.

    Args:
        images: images (B, ch, *size) in [-1, 1] by the name of their row.
        kernels: kernels of the inputs, (B, *kernel); None leaves their row out.
        title: the figure's title.

    Returns:
        The figure, not yet rendered.
    """
    first = next(iter(images.values()))
    height, width = first.shape[-2:]
    zoom = max(1, round(PANEL_PIXELS / max(height, width)))
    height, width = height * zoom, width * zoom
    step = height + GAP
    total_height = TOP + len(images) * step + (CAPTION + step if kernels is not None else 0)
    total_width = max(LEAST_WIDTH, LEFT + len(first) * (width + GAP))
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
    words(centre, TOP / 2, f"{title}, middle slices" if first.ndim > 4 else title, fontsize=13)
    for row, (label, batch) in enumerate(images.items()):
        top = TOP + row * step
        words(LEFT / 2, top + height / 2, label, rotation=90, fontsize=10)
        for column, image in enumerate(batch):
            panel(column, top, plane(image), lowest=-1)
    if kernels is not None:
        top = TOP + len(images) * step + CAPTION
        size = " × ".join(str(length) for length in kernels.shape[1:])
        what = f"middle planes of the {size} kernels" if kernels.ndim > 3 else f"{size} kernels"
        caption = f"{what} of the inputs, each scaled to its maximum"
        words(centre, top - CAPTION / 2 - GAP / 2, caption, fontsize=9)
        words(LEFT / 2, top + height / 2, "kernels", rotation=90, fontsize=10)
        for column, kernel in enumerate(kernels):
            shown = plane(kernel[None])
            shown = shown / max(float(np.abs(shown).max()), 1e-12)
            panel(column, top, shown, lowest=min(0.0, float(shown.min())))
    return figure
