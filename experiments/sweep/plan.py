"""A sweep file read into the runs that it asks for."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from experiments.sweep.names import check_names
from monai_blurvae.files import did_you_mean

TOP = ("base", "runs")
GRID = ("overlays", "beta", "seed", "settings")
"""What a sweep file may hold, and each of its `runs`; `settings` alone may be left out."""


class PlannedRun(NamedTuple):
    """One run of a sweep."""

    name: str
    """Its folder's name: the overlays beyond the base, beta, seed, and further settings."""
    files: tuple[Path, ...]
    """Configuration files: the bundle's own, then the overlays, each over those before it."""
    settings: dict[str, Any]
    """What is set on top of the files: beta, seed, and further settings."""
    entry: int = 1
    """Which entry of the sweep file's `runs` asks for it, from 1."""


def read_sweep(path: str | Path) -> list[PlannedRun]:
    """Read a sweep file; `configs/README.md` describes its format.

    Args:
        path: the YAML file. Paths in it are relative to its folder.

    Returns:
        The runs, in the file's order: within a grid the seeds of one beta follow one another.

    Raises:
        ValueError: the file is missing, is no sweep file, names a file that does not exist or a setting that
            no file has, or asks for nothing, or for two runs of one name.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"`sweep` must be a YAML file, got {str(path)!r}, which does not exist")
    try:
        content = yaml.safe_load(path.read_text())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"`sweep` must be a YAML file, got {path}: {error}") from error
    _check_keys(content, TOP, TOP, str(path))
    base = _files(content["base"], "base", path)
    if not base:
        raise ValueError(f"`base` of {path} must begin with the bundle's configuration, got an empty list")
    runs = []
    for index, grid in enumerate(_list(content["runs"], "runs", str(path)), start=1):
        where = f"{path}, entry {index} of `runs`"
        _check_keys(grid, GRID, GRID[:3], where)
        overlays = _files(grid["overlays"], "overlays", path)
        settings = _settings(grid.get("settings", {}), where)
        check_names(settings, (*base, *overlays), f"`settings` of {where}")
        betas, seeds = _betas(grid["beta"], where), _seeds(grid["seed"], where)
        runs += [
            PlannedRun(
                _name(overlays, beta, seed, settings),
                (*base, *overlays),
                {"beta": beta, "seed": seed, **settings},
                index,
            )
            for beta, seed in product(betas, seeds)
        ]
    twice = [name for name, count in Counter(run.name for run in runs).items() if count > 1]
    if twice:
        raise ValueError(f"`runs` of {path} must ask for every run once, got {', '.join(twice)} repeatedly")
    return runs


def _check_keys(content: object, known: Iterable[str], needed: Iterable[str], where: str) -> None:
    known = list(known)
    if not isinstance(content, Mapping):
        raise ValueError(f"{where} must be a mapping with {', '.join(known)}, got {content!r}")
    for key in content:
        if key not in known:
            hint = did_you_mean(str(key), known)
            raise ValueError(f"keys of {where} must be among {', '.join(known)}, got `{key}`{hint}")
    for key in needed:
        if key not in content:
            raise ValueError(f"`{key}` of {where} must be given, got only {', '.join(map(str, content))}")


def _list(values: object, name: str, where: str) -> list[Any]:
    if not isinstance(values, list) or not values:
        raise ValueError(f"`{name}` of {where} must be a list that is not empty, got {values!r}")
    return values


def _files(names: object, name: str, sweep: Path) -> tuple[Path, ...]:
    if not isinstance(names, list) or not all(isinstance(item, str) for item in names):
        raise ValueError(f"`{name}` of {sweep} must be a list of files, got {names!r}")
    paths = [(sweep.parent / item).resolve() for item in names]
    for path in paths:
        if not path.is_file():
            raise ValueError(
                f"`{name}` of {sweep} must name files beside it, got {path}, which does not exist"
            )
    return tuple(paths)


def _betas(values: object, where: str) -> list[float]:
    for value in _list(values, "beta", where):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
            raise ValueError(f"`beta` of {where} must hold numbers of at least 0, got {value!r}")
    return _list(values, "beta", where)


def _seeds(values: object, where: str) -> list[int]:
    for value in _list(values, "seed", where):
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ValueError(f"`seed` of {where} must hold integers of at least 0, got {value!r}")
    return _list(values, "seed", where)


def _settings(settings: object, where: str) -> dict[str, Any]:
    if not isinstance(settings, dict):
        raise ValueError(f"`settings` of {where} must be a mapping, got {settings!r}")
    for key, value in settings.items():
        if key in GRID:
            raise ValueError(f"`settings` of {where} must not hold `{key}`, which stands beside it")
        if not isinstance(value, bool | int | float | str | None):
            raise ValueError(f"`{key}` of {where} must be one value (use an overlay), got {value!r}")
    return settings


def _name(overlays: Iterable[Path], beta: float, seed: int, settings: Mapping[str, object]) -> str:
    further = [f"{key}{value}" for key, value in settings.items()]
    parts = [*(path.stem for path in overlays), f"beta{beta:g}", *further, f"seed{seed}"]
    return re.sub(r"[^\w.+-]+", "_", "-".join(parts))
