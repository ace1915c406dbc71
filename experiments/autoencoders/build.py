"""What a recipe trains: the objective and its optimisers."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.optim import Optimizer

from experiments.autoencoders.datasets import Data
from experiments.autoencoders.plan import Plan, PlannedRun, Recipe
from experiments.autoencoders.variants import VARIANTS
from monai_blurvae.losses import make_loss
from monai_blurvae.networks import LatentModel, load_weights, make_model
from monai_blurvae.settings import from_mapping
from monai_blurvae.training import Adversary, AdversarySettings, Objective

DISCRIMINATOR_LEARNING_RATE = 5e-4
"""Of MONAI's tutorials, constant."""


class Optimizers(NamedTuple):
    """The optimisers of an objective."""

    decaying: list[Optimizer]
    """The autoencoder's, and the kernel network's if there is one."""
    constant: list[Optimizer]
    """The discriminator's, if there is one."""


def make_objective(
    recipe: Recipe,
    network: Mapping[str, Any],
    shape: Mapping[str, int],
    beta: float = 1.0,
    warmup_epochs: int = 0,
) -> Objective:
    """Make the objective of a recipe; `shape` has the images' `spatial_dims`, `channels` and `image_size`."""
    kind = {name: shape[name] for name in ("spatial_dims", "channels")}
    loss = make_loss({**recipe.loss, **kind})
    if recipe.variant is not None:
        loss = VARIANTS[recipe.variant](recipe.loss["C"], shape["channels"])
    model = make_model({**network, **shape}, loss)
    objective = Objective(model, loss, beta, warmup_epochs, amp=True)
    if recipe.adversary is not None:
        settings = from_mapping(AdversarySettings, {**recipe.adversary, **kind}, "adversary")
        objective.adversary = Adversary(settings)
    return objective


def trained_model(plan: Plan, run: PlannedRun, data: Data, output_dir: Path) -> LatentModel:
    """Make the network of a finished run, and load the weights that it left."""
    shape = {"spatial_dims": data.spatial_dims, "channels": data.channels, "image_size": data.size}
    network = plan.networks[plan.parts[run.part].network]
    model = make_objective(plan.recipes[run.recipe], network, shape).model
    load_weights(model, output_dir / run.name / "model.pt")
    return model


def make_optimizers(objective: Objective, learning_rate: float) -> Optimizers:
    """Make the optimisers of an objective that is on its device already."""
    model, judge = objective.model, objective.adversary
    made = Optimizers([_adam(model.vae_parameters(), learning_rate)], [])
    if model.kernel_net is not None:
        made.decaying.append(_adam(model.kernel_net.parameters(), learning_rate))
    if judge is not None:
        made.constant.append(_adam(judge.parameters(), DISCRIMINATOR_LEARNING_RATE))
    return made


def _adam(parameters: Iterator[nn.Parameter], learning_rate: float) -> Optimizer:
    return torch.optim.Adam(parameters, lr=learning_rate, fused=True)
