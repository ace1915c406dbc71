"""The plan file and the runs that it asks for."""

from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from annotated_types import Ge, Gt, Len, Lt
from pydantic import Field, FiniteFloat, field_validator

from experiments.autoencoders.judge import JUDGE
from experiments.checked import Strict, read_yaml

Positive = Annotated[int, Gt(0)]
Beta = Annotated[FiniteFloat, Ge(0)]


class Recipe(Strict):
    """What a network is trained with."""

    loss: dict[str, Any]
    """`losses.LossSettings` by name."""
    adversary: dict[str, Any] | None = None
    """`training.AdversarySettings` by name; None: no discriminator."""
    variant: Literal["whole_spectrum", "untapered", "per_channel", "axis_groups"] | None = None
    """A form of the measured blur that the library does not have; of `loss` it takes C."""

    @field_validator("loss")
    @classmethod
    def _without_the_judge(cls, loss: dict[str, Any]) -> dict[str, Any]:
        if loss.get("perceptual_network") == JUDGE:
            raise ValueError(f"`perceptual_network` must not be {JUDGE}, which judges every recipe")
        return loss


class Part(Strict):
    """Runs of one table: every recipe at each of its betas, with every seed."""

    data: Literal["brain", "brain32", "xray", "cifar10", "cifar10_all", "brain3d", "brain3d_thick"]
    network: str
    steps: Positive
    seeds: Annotated[list[Annotated[int, Ge(0)]], Len(1)]
    recipes: Annotated[dict[str, Annotated[list[Beta], Len(1)]], Len(1)]
    batch_size: Positive = 16
    learning_rate: Annotated[FiniteFloat, Gt(0)] = 1e-3
    warmup: Annotated[FiniteFloat, Ge(0), Lt(1)] = 0.1
    """Share of the epochs that a learned blur warms up."""


class Plan(Strict):
    """A plan file."""

    networks: dict[str, dict[str, Any]]
    """`networks.ModelSettings` by name, without size and channels, which the data give."""
    recipes: dict[str, Recipe]
    parts: Annotated[dict[str, Part], Len(1)] = Field(default_factory=dict)


class PlannedRun(NamedTuple):
    """One run of the plan."""

    name: str
    part: str
    recipe: str
    beta: float
    seed: int


def read_plan(path: str | Path) -> tuple[Plan, dict[str, PlannedRun]]:
    """Read a plan file: the plan and its runs by name, all recipes of a seed before the next seed."""
    plan = read_yaml(Plan, path, "plan")
    runs = {}
    for part_name, part in plan.parts.items():
        unknown = [f"network {part.network}"] if part.network not in plan.networks else []
        unknown += [f"recipe {recipe}" for recipe in part.recipes if recipe not in plan.recipes]
        if unknown:
            raise ValueError(f"`parts::{part_name}` of {path} must use known names, got {', '.join(unknown)}")
        for seed, (recipe, betas) in product(part.seeds, part.recipes.items()):
            for beta in betas:
                name = f"{part_name}-{recipe}-beta{beta:g}-seed{seed}"
                runs[name] = PlannedRun(name, part_name, recipe, beta, seed)
    return plan, runs
