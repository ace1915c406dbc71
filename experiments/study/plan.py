"""A study file read into conditions and methods."""

import math
from collections import Counter
from itertools import product
from pathlib import Path
from types import UnionType
from typing import Any, NamedTuple

import yaml

from experiments.study.acquisition import LINES
from experiments.study.checks import check_kind, check_number, checked_group, checked_list, checked_mapping
from experiments.study.condition import Condition
from monai_blurvae.files import did_you_mean

NUMBER = int | float
CONDITIONS = ("lines", "coils", "noise_db", "acceleration")
METHOD = {"name": str, "function": str, "weights": list}
OPTIONAL = {"model": str, "settings": dict, "prior": dict}
GROUPS: dict[str, dict[str, type | UnionType]] = {
    "tuning": {"subjects": int, "fraction": NUMBER, "extensions": int},
    "simulation": {"centre_lines": int, "amplitude_rad": NUMBER, "cycles": int, "multiple": int},
    "aim": {
        "method": str,
        "sparse": list,
        "acceleration": list,
        "margin_acceleration": NUMBER,
        "margin": NUMBER,
    },
    "figure": {
        "lines": str,
        "coils": int,
        "noise_db": NUMBER | None,
        "acceleration": NUMBER,
        "subject": int,
        "slice": int,
    },
    "measured": {"slice": int, "share": NUMBER, "centre": int, "phase_width": NUMBER},
}
"""Keys of a study file's groups, with their types."""


class Method(NamedTuple):
    """A way to reconstruct."""

    name: str
    """What tables call it."""
    function: str
    """Which function or solver: a key of `methods.FUNCTIONS`."""
    weights: tuple[float, ...]
    """The grid that its weight is chosen from, ascending; one weight is no choice."""
    model: str | None
    """Which weight file of the command line its prior is made of; None: it has none."""
    settings: dict[str, Any]
    """Further arguments of the function or the solver."""
    prior: dict[str, Any]
    """Further arguments of `load_prior`."""


class Plan(NamedTuple):
    """What a study asks for."""

    conditions: tuple[Condition, ...]
    methods: tuple[Method, ...]
    fractions: tuple[float, ...]
    """Where a test subject's slices lie: shares of the brain's extent along the slice axis."""
    tuning: dict[str, Any]
    """Subjects and fraction of the slices that weights are chosen on, and the most extensions of a grid."""
    simulation: dict[str, Any]
    """Central lines, the synthetic phase, and what a slice's sides are a multiple of."""
    seed: int
    split_seed: int
    aim: dict[str, Any]
    """Which method is to lead, and by what margin over which."""
    figure: dict[str, Any]
    """Condition, test subject and slice of the pictures."""
    measured: dict[str, Any]
    """Slice of the measured k-space, and what is held back of it."""
    content: dict[str, Any]
    """The file as it was read."""


def read_plan(path: str | Path) -> Plan:
    """Read a study file; `configs/studies/reconstruction.yaml` explains its keys.

    Args:
        path: the YAML file.

    Returns:
        The plan.

    Raises:
        ValueError: If the file is missing, no YAML, or asks for something unknown or contradictory.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"`config` must be a YAML file, got {str(path)!r}, which does not exist")
    try:
        content = yaml.safe_load(path.read_text())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"`config` must be a YAML file, got {path}: {error}") from error
    return plan_of(content, str(path))


def plan_of(content: object, where: str) -> Plan:
    """Check a study file's content.

    Args:
        content: what the file holds.
        where: its name, for messages.

    Returns:
        The plan.

    Raises:
        ValueError: If it asks for something unknown or contradictory.
    """
    own = {"conditions", "methods", "fractions", "seed", "split_seed"}
    checked = dict(checked_mapping(content, own | GROUPS.keys(), where))
    groups = {
        name: checked_group(checked[name], kinds, f"`{name}` of {where}") for name, kinds in GROUPS.items()
    }
    for name in ("seed", "split_seed"):
        check_kind(checked[name], int, f"`{name}` of {where}")
    methods = tuple(
        _method(item, where) for item in checked_list(checked["methods"], f"`methods` of {where}")
    )
    names = [method.name for method in methods]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"`methods` of {where} must have names of their own, got {', '.join(twice)} twice")
    for name in (groups["aim"]["method"], *checked_list(groups["aim"]["sparse"], f"`sparse` of {where}")):
        if name not in names:
            raise ValueError(
                f"`aim` of {where} must name methods, got unknown {name!r}{did_you_mean(str(name), names)}"
            )
    fractions = tuple(checked_list(checked["fractions"], f"`fractions` of {where}"))
    for fraction in (*fractions, groups["tuning"]["fraction"]):
        check_number(fraction, 0, 1, f"fractions of {where}")
    return Plan(
        conditions=_conditions(checked["conditions"], where),
        methods=methods,
        fractions=fractions,
        seed=checked["seed"],
        split_seed=checked["split_seed"],
        content=checked,
        **groups,
    )


def _conditions(content: object, where: str) -> tuple[Condition, ...]:
    where = f"`conditions` of {where}"
    lists = [
        checked_list(values, f"`{name}` of {where}")
        for name, values in sorted(
            checked_mapping(content, CONDITIONS, where).items(), key=lambda item: CONDITIONS.index(item[0])
        )
    ]
    conditions = tuple(Condition(*values) for values in product(*lists))
    for condition in conditions:
        if condition.lines not in LINES:
            raise ValueError(
                f"`lines` of {where} must be among {', '.join(LINES)}, got {condition.lines!r}"
                f"{did_you_mean(str(condition.lines), LINES)}"
            )
        check_kind(condition.coils, int, f"`coils` of {where}")
        check_number(condition.coils, 1, math.inf, f"`coils` of {where}")
        check_kind(condition.noise_db, NUMBER | None, f"`noise_db` of {where}")
        check_number(condition.acceleration, 1, math.inf, f"`acceleration` of {where}")
    return conditions


def _method(content: object, where: str) -> Method:
    where = f"an entry of `methods` of {where}"
    method = checked_mapping(content, METHOD.keys() | OPTIONAL.keys(), where, needed=METHOD)
    for key, kind in (METHOD | OPTIONAL).items():
        if key in method:
            check_kind(method[key], kind, f"`{key}` of {where}")
    weights = checked_list(method["weights"], f"`weights` of {where}")
    for weight in weights:
        check_number(weight, 0, math.inf, f"`weights` of {where}")
    return Method(
        method["name"],
        method["function"],
        tuple(sorted({float(weight) for weight in weights})),
        method.get("model"),
        method.get("settings", {}),
        method.get("prior", {}),
    )
