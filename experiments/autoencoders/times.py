"""Time of a step of every recipe over that of the first, in one process, step by step in turn."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from experiments.autoencoders.build import make_objective, make_optimizers
from experiments.autoencoders.plan import Plan
from monai_blurvae.training import update

SIZE = 64
"""Edge length of the images in pixels."""
LEARNING_RATE = 1e-3
PAST_ANY_START = 1000
"""Epoch in which a discriminator is used."""
FIRST = 2
"""Rounds that are left out."""


def step_times(
    plan: Plan, recipes: Sequence[str], network: str, batch_size: int, rounds: int
) -> dict[str, Any]:
    """Time steps on synthetic 64x64 images: median ratio to the first recipe, and its quartiles."""
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(batch_size, 1, SIZE, SIZE, generator=generator) * 2 - 1
    steps = {}
    for name in recipes:
        objective = make_objective(
            plan.recipes[name], plan.networks[network], {"spatial_dims": 2, "channels": 1}, SIZE
        )
        decaying, constant = make_optimizers(objective, LEARNING_RATE)
        steps[name] = (objective, [*decaying, *constant])
    seconds: dict[str, list[float]] = {name: [] for name in recipes}
    for _ in range(rounds):
        for name, (objective, optimizers) in steps.items():
            noise = torch.randn(batch_size, *objective.model.latent_shape, generator=generator)
            began = time.perf_counter()
            update(objective(images, noise, PAST_ANY_START), optimizers)
            seconds[name].append(time.perf_counter() - began)
    base = np.array(seconds[recipes[0]])
    ratios = {name: (np.array(own) / base)[FIRST:] for name, own in seconds.items()}
    return {name: np.quantile(own, [0.25, 0.5, 0.75]).round(3).tolist() for name, own in ratios.items()}
