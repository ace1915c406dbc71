"""Time and memory of a step of every recipe, in one process, step by step in turn."""

import time
from collections.abc import Sequence

import numpy as np
import torch

from experiments.autoencoders.build import make_objective, make_optimizers
from experiments.autoencoders.plan import Plan
from monai_blurvae.training import update

LEARNING_RATE = 1e-3
PAST_ANY_START = 1000
"""Epoch in which a discriminator is used."""
FIRST = 2
"""Rounds that are left out."""


def step_times(
    plan: Plan, recipes: Sequence[str], network: str, shape: tuple[int, ...], rounds: int
) -> dict[str, str]:
    """Time steps on synthetic images, on the GPU if there is one.

    Args:
        plan: the plan, with networks and recipes by name.
        recipes: names; the first is what the others are compared with.
        network: name of the network.
        shape: shape of a batch, (B, ch, *size).
        rounds: steps of each recipe, more than `FIRST`.

    Returns:
        For every recipe the median ratio of its time to the first one's, with quartiles; on a GPU also the
        median in milliseconds and the peak of the memory that a step allocates, in MiB.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    generator = torch.Generator().manual_seed(0)
    images = (torch.rand(shape, generator=generator) * 2 - 1).to(device)
    kind = {"spatial_dims": len(shape) - 2, "channels": shape[1], "image_size": shape[2]}
    steps = {}
    for name in recipes:
        objective = make_objective(plan.recipes[name], plan.networks[network], kind).to(device)
        decaying, constant = make_optimizers(objective, LEARNING_RATE)
        steps[name] = (objective, [*decaying, *constant])
    seconds: dict[str, list[float]] = {name: [] for name in recipes}
    mebibytes: dict[str, float] = {}
    for _ in range(rounds):
        for name, (objective, optimizers) in steps.items():
            noise = torch.randn(shape[0], *objective.model.latent_shape, generator=generator).to(device)
            before = _settled(device)
            began = time.perf_counter()
            update(objective(images, noise, PAST_ANY_START), optimizers)
            peak = _peak(device)
            seconds[name].append(time.perf_counter() - began)
            mebibytes[name] = (peak - before) / 2**20
    base = np.array(seconds[recipes[0]])
    found = {}
    for name, own in seconds.items():
        low, middle, high = np.quantile((np.array(own) / base)[FIRST:], [0.25, 0.5, 0.75])
        found[name] = f"{middle:.2f} ({low:.2f} to {high:.2f})"
        if device.type == "cuda":
            found[name] += f", {1000 * np.median(own[FIRST:]):.1f} ms, {mebibytes[name]:.0f} MiB"
    return found


def _settled(device: torch.device) -> int:
    """Wait for the GPU, count its peak anew, and give its allocated bytes."""
    if device.type != "cuda":
        return 0
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    return torch.cuda.memory_allocated()


def _peak(device: torch.device) -> int:
    if device.type != "cuda":
        return 0
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated()
