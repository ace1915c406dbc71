"""A sweep file and the runs that it asks for."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import product
from pathlib import Path
from typing import Annotated, NamedTuple

from annotated_types import Ge, Len
from pydantic import Field, FiniteFloat, field_validator

from experiments.checked import Strict, read_yaml

Plain = bool | int | float | str | None
OWN = ("config_file", "output_dir", "run_name", "resume", "run_id")
"""Settings that a sweep gives to every run itself."""


class Grid(Strict):
    """An entry of `runs`: every beta with every seed."""

    overlays: list[str]
    beta: Annotated[list[Annotated[FiniteFloat, Ge(0)]], Len(1)]
    seed: Annotated[list[Annotated[int, Ge(0)]], Len(1)]
    settings: dict[str, Plain] = Field(default_factory=dict)

    @field_validator("settings")
    @classmethod
    def _names(cls, settings: dict[str, Plain]) -> dict[str, Plain]:
        for name in ("overlays", "beta", "seed", "settings"):
            if name in settings:
                raise ValueError(f"must not hold `{name}`, which stands beside it")
        return settings


class Sweep(Strict):
    """A sweep file; its paths are relative to its folder."""

    base: Annotated[list[str], Len(1)]
    runs: Annotated[list[Grid], Len(1)]


class PlannedRun(NamedTuple):
    """One run of a sweep."""

    name: str
    """Its folder's name: the overlays beyond the base, beta, seed, and further settings."""
    files: tuple[Path, ...]
    """Configuration files: the bundle's own, then the overlays, each over those before it."""
    settings: dict[str, Plain]
    """What is set on top of the files: beta, seed, and further settings."""


def read_sweep(path: str | Path, overrides: Mapping[str, object] | None = None) -> list[PlannedRun]:
    """Read a sweep file; `configs/README.md` describes its format."""
    path = Path(path)
    sweep = read_yaml(Sweep, path, "sweep")
    runs: list[PlannedRun] = []
    for index, grid in enumerate(sweep.runs, start=1):
        where = f"entry {index} of `runs` of {path}"
        files = tuple((path.parent / name).resolve() for name in (*sweep.base, *grid.overlays))
        for file in files:
            if not file.is_file():
                raise ValueError(f"{where} must name files that exist, got {file}")
        for name in overrides or {}:
            if name in {*OWN, "beta", "seed", *grid.settings}:
                raise ValueError(f"`{name}` must be left to the sweep, which sets it in {where}")
        overlays = files[len(sweep.base) :]
        for beta, seed in product(grid.beta, grid.seed):
            name = _name(overlays, beta, seed, grid.settings)
            runs.append(PlannedRun(name, files, {"beta": beta, "seed": seed, **grid.settings}))
    twice = [name for name, count in Counter(run.name for run in runs).items() if count > 1]
    if twice:
        raise ValueError(f"`runs` of {path} must ask for every run once, got {', '.join(twice)} repeatedly")
    return runs


def _name(overlays: Iterable[Path], beta: float, seed: int, settings: Mapping[str, Plain]) -> str:
    further = [f"{key}{value}" for key, value in settings.items()]
    parts = [*(path.stem for path in overlays), f"beta{beta:g}", *further, f"seed{seed}"]
    return re.sub(r"[^\w.+-]+", "_", "-".join(parts))
