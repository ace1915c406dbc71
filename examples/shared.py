"""What the examples share: their command line, patches, a small network and measures."""

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from monai.networks.nets import AutoencoderKL
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
    kl_divergence,
)
from monai_blurvae.keys import Keys
from monai_blurvae.metrics import ResolvedFrequency, psnr


@dataclass(frozen=True)
class Size:
    """Patches and network of an example, small enough for two cores."""

    edge: int
    batch: int
    test: int
    """Test batches."""
    channels: tuple[int, int, int]


SIZES = {2: Size(64, 16, 4, (16, 32, 32)), 3: Size(32, 4, 4, (8, 16, 16))}


class CommandLine(argparse.ArgumentParser):
    """Options of a command; in a notebook, whose own command line says something else, their defaults."""

    def parse_args(self, args=None, namespace=None):
        return super().parse_args([] if args is None and "ipykernel" in sys.modules else args, namespace)


def command_line(name: str, steps: int) -> CommandLine:
    """Give the options that all examples have."""
    parser = CommandLine(formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--data", help="folder of skull-stripped NIfTI volumes; else digital brains")
    parser.add_argument("--steps", type=int, default=steps, help="training steps of each network")
    parser.add_argument("--output", type=Path, default=Path(f"{name}.png"), help="the picture to write")
    return parser


class Patches:
    """Random patches of a folder's volumes, scaled to [-1, 1]; other subjects' for the test.

    Args:
        folder: NIfTI volumes; None for five digital brains, made once (extra `demo`).
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
