"""How well a small flow learns the latents of a trained autoencoder: samples beside held-out images."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from experiments.autoencoders.build import trained_model
from experiments.autoencoders.datasets import load
from experiments.autoencoders.flow import HEUN_STEPS, LEARNING_RATE, fit_flow
from experiments.autoencoders.judge import judge, judged_sets, pooled
from experiments.autoencoders.measure import BandGain, first_images
from experiments.autoencoders.plan import Plan, PlannedRun
from experiments.autoencoders.train import provenance
from monai_blurvae.checks import check_integer
from monai_blurvae.data import make_patch_loader
from monai_blurvae.files import replacing
from monai_blurvae.functional import kl_divergence
from monai_blurvae.keys import Keys
from monai_blurvae.metrics import MaximumMeanDiscrepancy
from monai_blurvae.networks import LatentModel
from monai_blurvae.priors import Posteriors

SEED = 0
"""Of every flow, whatever the seed of its autoencoder."""
PATCHES = 4096
"""Training images whose posteriors the flow learns."""
BATCH = 64
ROWS = 8
"""Samples in a row and a column of the picture."""


class Budget(NamedTuple):
    """What every flow may spend."""

    steps: int = 1200
    batch_size: int = 32
    samples: int = 512
    """Samples, and held-out images that they are compared with."""


def learn_latents(
    plan: Plan,
    run: PlannedRun,
    sources: Mapping[str, str],
    output_dir: Path,
    budget: Budget,
    cache_dir: str | None = None,
) -> dict[str, Any]:
    """Train a flow on the latents of a run's autoencoder, give its line, and draw samples beside the weights.

    The latents are draws from the posterior, as in latent diffusion. Four sets are compared with held-out
    images: samples of the flow; draws from N(0, I), decoded; draws from the posteriors of training images,
    decoded, which a perfect flow would match; and the training images themselves.
    """
    check_integer(1, steps=budget.steps, batch_size=budget.batch_size)
    check_integer(ROWS**2, samples=budget.samples)  # the picture's
    began = time.perf_counter()
    part = plan.parts[run.part]
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    data = load(part.data, sources[part.data], part.batch_size, SEED, cache_dir)
    model = trained_model(plan, run, data, output_dir).to(device).eval()
    if len(model.latent_shape) != 1 + data.spatial_dims:
        raise ValueError(f"`latent_shape` must be a feature map's, got {model.latent_shape} of {run.name}")
    training = first_images(make_patch_loader(data.train, -(-PATCHES // part.batch_size)), PATCHES)
    test_batches = make_patch_loader(data.test, -(-budget.samples // part.batch_size), fixed=True)
    test = first_images(test_batches, budget.samples)
    posteriors = encode(model, training.to(device))
    fitting = time.perf_counter()
    flow, loss = fit_flow(posteriors, budget.steps, budget.batch_size, SEED)
    fitted = time.perf_counter()
    generator = torch.Generator().manual_seed(SEED + 1)
    noise = torch.randn(len(test), *model.latent_shape, generator=generator).to(device)
    latents = {
        "flow": torch.cat([flow.sample(batch) for batch in torch.split(noise, BATCH)]),
        "prior": noise,
        "posterior": posteriors.draw(generator, slice(len(test))),
    }
    images = {name: decode(model, z) for name, z in latents.items()}
    images["training"] = training[: len(test)].to(device)
    path = output_dir / run.name / "samples.png"
    draw_samples(images["flow"], path)
    return {
        **run._asdict(),
        "data": part.data,
        "network": part.network,
        "latent_shape": list(model.latent_shape),
        "flow_steps": budget.steps,
        "flow_batch_size": budget.batch_size,
        "flow_learning_rate": LEARNING_RATE,
        "flow_parameters": sum(parameter.numel() for parameter in flow.parameters()),
        "flow_seed": SEED,
        "flow_evaluations": 2 * HEUN_STEPS,
        "flow_loss": loss,
        "flow_seconds": fitted - fitting,
        "kl": kl_divergence(*posteriors).mean().item(),
        "patches": len(training),
        "samples": len(test),
        **compare(images, test.to(device)),
        "seconds": time.perf_counter() - began,
        **provenance(device),
    }


def compare(sets: Mapping[str, Tensor], data: Tensor) -> dict[str, dict[str, Any]]:
    """Compare sets of images with as many of the data."""
    judging = judge() if data.ndim == 4 else None
    features = None if judging is None else pooled(judging, data)
    table = {}
    for name, images in sets.items():
        power, mmd = BandGain(), MaximumMeanDiscrepancy(Keys.RECONSTRUCTION, len(data))
        for metric in (power, mmd):
            metric.reset()
            metric.update({Keys.IMAGE: data, Keys.RECONSTRUCTION: images})
        table[name] = {"power_ratio_by_band": power.compute().tolist(), "mmd": mmd.compute()}
        if judging is not None and features is not None:
            table[name] |= judged_sets(pooled(judging, images), features)
    return table


@torch.no_grad()
def encode(model: LatentModel, images: Tensor) -> Posteriors:
    """Encode images, a batch at a time."""
    parts = [model.encode(part) for part in torch.split(images, BATCH)]
    return Posteriors(*(torch.cat(one) for one in zip(*parts, strict=True)))


@torch.no_grad()
def decode(model: LatentModel, z: Tensor) -> Tensor:
    """Decode latents, a batch at a time."""
    return torch.cat([model.decode(part) for part in torch.split(z, BATCH)])


def draw_samples(images: Tensor, path: Path) -> None:
    """Draw the first 64 images, or the middle slices of volumes, in a square."""
    if images.ndim == 5:
        images = images[:, :, images.shape[2] // 2]
    tiles = ((images[: ROWS**2].clamp(-1, 1).cpu() + 1) * 127.5).round().byte()
    rows = [torch.cat(list(row), dim=2) for row in torch.split(tiles, ROWS)]
    picture = torch.cat(rows, dim=1).movedim(0, -1).squeeze(-1).numpy()
    with replacing(path) as temporary:
        Image.fromarray(np.ascontiguousarray(picture)).save(temporary, format="PNG")
