"""Time of a step of every recipe over that of the first, in one process, step by step in turn."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from experiments.autoencoders.plan import Plan
from monai_blurvae.losses import make_loss
from monai_blurvae.networks import make_model
from monai_blurvae.settings import from_mapping
from monai_blurvae.training import Adversary, AdversarySettings, Objective, update

SIZE = 64


def step_times(
    plan: Plan, recipes: Sequence[str], network: str, batch_size: int, rounds: int
) -> dict[str, Any]:
    """Time steps on synthetic 64x64 images: median ratio to the first recipe, and its quartiles."""
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(batch_size, 1, SIZE, SIZE, generator=generator) * 2 - 1
    steps = {}
    for name in recipes:
        recipe = plan.recipes[name]
        loss = make_loss(recipe.loss)
        model = make_model({**plan.networks[network], "image_size": SIZE}, loss)
        objective = Objective(model, loss, amp=True)
        groups = [model.vae_parameters()]
        if model.kernel_net is not None:
            groups.append(iter(model.kernel_net.parameters()))
        if recipe.adversary is not None:
            settings = from_mapping(AdversarySettings, recipe.adversary, "adversary")
            objective.adversary = Adversary(settings)
            groups.append(objective.adversary.parameters())
        steps[name] = (objective, [torch.optim.Adam(own, 1e-3, fused=True) for own in groups])
    seconds: dict[str, list[float]] = {name: [] for name in recipes}
    for _ in range(rounds):
        for name, (objective, optimizers) in steps.items():
            noise = torch.randn(batch_size, *objective.model.latent_shape, generator=generator)
            began = time.perf_counter()
            update(objective(images, noise, 1000), optimizers)
            seconds[name].append(time.perf_counter() - began)
    base = np.array(seconds[recipes[0]])
    ratios = {name: np.array(own) / base for name, own in seconds.items()}
    return {name: np.quantile(own[2:], [0.25, 0.5, 0.75]).round(3).tolist() for name, own in ratios.items()}
