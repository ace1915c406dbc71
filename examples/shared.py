"""What the examples share: their command line, patches, a small network, measures and the picture."""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from monai.networks.nets import AutoencoderKL
from PIL import Image
from torch import Tensor, nn

from monai_blurvae.blur import MeasuredBlur, Spectra
from monai_blurvae.data import (
    PatchDataset,
    Preprocessing,
    VolumeCache,
    demo_dataset,
    find_subjects,
    make_patch_loader,
)
from monai_blurvae.functional import (
    frequency_radius,
    kl_divergence,
    log_spectrum,
    radial_power,
    ring_frequencies,
    taper,
    wiener_power,
)
from monai_blurvae.keys import Keys
from monai_blurvae.losses import WienerBlurLoss
from monai_blurvae.metrics import ResolvedFrequency, psnr

COLOURS = ("tab:orange", "tab:blue", "tab:green")
LINES = ("-", "-", "--")
"""The third may cover the second."""


@dataclass(frozen=True)
class Size:
    """Patches and network of an example, small enough for two cores."""

    edge: int
    batch: int
    test: int
    """Test batches."""
    channels: tuple[int, int, int]


SIZES = {2: Size(64, 16, 4, (16, 32, 32)), 3: Size(32, 4, 4, (8, 16, 16))}


def command_line(name: str, steps: int) -> argparse.ArgumentParser:
    """Give the options that all examples have."""
    parser = argparse.ArgumentParser(formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--data", help="folder of skull-stripped NIfTI volumes; else digital brains")
    parser.add_argument("--steps", type=int, default=steps, help="training steps of each network")
    parser.add_argument("--output", type=Path, default=Path(f"{name}.png"), help="the picture to write")
    return parser


class Patches:
    """Random patches of a folder's volumes, scaled to [-1, 1]; other subjects' for the test.

    Args:
        folder: NIfTI volumes; None for five digital brains, made once (`pip install monai-blurvae[demo]`).
        steps: training batches.
        spatial_dims: 2 for slices, 3 for volumes.
    """

    def __init__(self, folder: str | None, steps: int, spatial_dims: int = 2) -> None:
        size = SIZES[spatial_dims]
        self.size = (size.edge,) * spatial_dims
        self.batch = size.batch
        self.steps = steps
        subjects = find_subjects(folder or demo_dataset())
        self.training, testing = (self._of(files) for files in (subjects.train, subjects.test))
        batches = make_patch_loader(testing, size.test, fixed=True)
        self.test = torch.cat([batch["image"] for batch in batches])
        """Test images, (B, 1, *size)."""

    def _of(self, files: list[Path]) -> PatchDataset:
        volumes = VolumeCache(files, Preprocessing(min_size=self.size))
        return PatchDataset(volumes, self.batch, self.size)

    def loader(self, batches: int | None = None) -> torch.utils.data.DataLoader[dict[str, Tensor]]:
        """Load batches {"image": (B, 1, *size)}; by default as many as there are steps."""
        return make_patch_loader(self.training, batches or self.steps)

    def __iter__(self) -> Iterator[Tensor]:
        """Yield the training batches, (B, 1, *size), the same in every pass; say how far it is."""
        began = time.monotonic()
        for step, batch in enumerate(self.loader(), start=1):
            yield batch["image"]
            if step % 100 == 0:
                print(f"  step {step} of {self.steps}, {time.monotonic() - began:.0f} s", flush=True)


def make_network(spatial_dims: int = 2) -> AutoencoderKL:
    """Make MONAI's `AutoencoderKL` at a quarter of the resolution, always with the same weights."""
    torch.manual_seed(0)
    return AutoencoderKL(
        spatial_dims,
        in_channels=1,
        out_channels=1,
        num_res_blocks=(1, 1, 1),
        channels=SIZES[spatial_dims].channels,
        attention_levels=(False, False, False),
        latent_channels=3,
        norm_num_groups=8,
        with_encoder_nonlocal_attn=False,
        with_decoder_nonlocal_attn=False,
    )


class MeanL1(nn.Module):
    """The baseline: the absolute error, averaged over pixels, and 1e-6 of the KL divergence."""

    def forward(self, reconstruction: Tensor, image: Tensor, mu: Tensor, *, sigma: Tensor) -> Tensor:
        """Give the mean over a batch."""
        kl = kl_divergence(mu, 2 * sigma.log()).mean()
        return nn.functional.l1_loss(reconstruction, image) + 1e-6 * kl


class Result(NamedTuple):
    """What a trained network makes of the test images."""

    name: str
    images: Tensor
    """Reconstructions, (B, ch, *size)."""
    gain: Tensor
    """Gain from image to reconstruction of each ring of frequencies, (rings,)."""
    measures: str


@torch.no_grad()
def evaluate(name: str, network: AutoencoderKL, test: Tensor) -> Result:
    """Reconstruct the test images, measure them, and print the measures."""
    network.eval()
    device = next(network.parameters()).device
    parts = [network.encode(part.to(device)) for part in test.split(16)]
    images = torch.cat([network.decode(mu).float().cpu() for mu, _ in parts])
    mu, sigma = (torch.cat(part).float().cpu() for part in zip(*parts, strict=True))
    blur = MeasuredBlur()
    blur.observe(Spectra.of(test, images), test.shape[2:])
    pair = {Keys.IMAGE: test, Keys.RECONSTRUCTION: images}
    values = []
    for metric in (psnr(), ResolvedFrequency()):
        metric.update(pair)
        values.append(metric.compute())
    kl = kl_divergence(mu, 2 * sigma.log()).mean()
    measures = f"PSNR {values[0]:.2f} dB, resolved {values[1]:.3f} cycles per pixel, KL {kl:.0f} nats"
    print(f"{name}: {measures}", flush=True)
    return Result(name, images, blur.gain, measures)


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
                axes.set_ylabel("log spectrum, mean of all" if row == 2 else f"test image {row + 1}")
    _spectra(figure.add_subplot(grid[0, -1]), columns)
    _gains(figure.add_subplot(grid[1, -1]), results, loss.blur, loss.C, test.ndim - 2)
    _weights(figure.add_subplot(grid[2, -1]), loss.blur, loss.C, loss.floor, test.ndim - 2)
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    Image.fromarray(pixels).quantize(128).save(path, optimize=True)  # a small file
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
        ylim=(0.7, 20),
        yticks=[1, 2, 5, 10],
    )
    axes.set_yticks([], minor=True)
    axes.set_yticklabels(["1", "2", "5", "10"])
    axes.grid(color="0.92")
