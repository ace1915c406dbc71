"""A study file: conditions, methods, and what its report shows."""

from collections import Counter
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

from annotated_types import Ge, Interval, Len
from pydantic import Field, model_validator

from experiments.checked import Strict, read_yaml
from monai_blurvae.files import did_you_mean

Number = int | float
"""Integers stay integers: seeds are made of a number's text."""
Lines = Literal["uniform", "variable_density"]
Acceleration = Annotated[Number, Ge(1)]
Coils = Annotated[int, Ge(1)]
Share = Annotated[Number, Interval(ge=0, le=1)]


class Condition(NamedTuple):
    """How a slice is measured in simulation."""

    lines: str
    """Which lines of k-space are sampled."""
    coils: int
    noise_db: float | None
    """How far the noise lies below the rms signal, in dB; None: no noise."""
    acceleration: float
    """R."""

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """Read a record's condition."""
        return cls(*(record[name] for name in cls._fields))

    @property
    def group(self) -> Self:
        """The condition without its acceleration, 0: what shares a table."""
        return self._replace(acceleration=0)

    def words(self) -> str:
        """Describe lines, coils and noise.

        Example:
            >>> Condition("variable_density", 1, None, 4).words()
            'variable density lines, 1 coil, no noise'
        """
        coils = "1 coil" if self.coils == 1 else f"{self.coils} coils"
        noise = "no noise" if self.noise_db is None else f"noise {self.noise_db:g} dB below the signal"
        return f"{self.lines.replace('_', ' ')} lines, {coils}, {noise}"


class Conditions(Strict):
    """Every list is combined with every other."""

    lines: Annotated[list[Lines], Len(1)]
    coils: Annotated[list[Coils], Len(1)]
    noise_db: Annotated[list[Number | None], Len(1)]
    acceleration: Annotated[list[Acceleration], Len(1)]


class Simulation(Strict):
    """Central lines, the synthetic phase, and what a slice's sides are a multiple of.

    Attributes:
        rough_rad: root mean square of a rough phase on top of the smooth one, in radians.
    """

    centre_lines: int
    amplitude_rad: Number
    cycles: int
    multiple: int
    rough_rad: Annotated[Number, Ge(0)] = 0


class Tuning(Strict):
    """The slices that weights are chosen on, and how many weights may be added beyond a grid."""

    subjects: int
    fraction: Share
    extensions: int


class Method(Strict):
    """A way to reconstruct.

    Attributes:
        name: what tables call it.
        function: which solver; a name in `monai_blurvae.priors.SOLVERS`.
        weights: the grid that its weight is chosen from.
        model: which weight file of the command line its prior is made of; None: it has no prior.
        settings: further arguments of the solver.
        prior: further arguments of `load_prior`.
    """

    name: str
    function: str
    weights: Annotated[list[Annotated[Number, Ge(0)]], Len(1)]
    model: str | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    prior: dict[str, Any] = Field(default_factory=dict)

    @property
    def grid(self) -> list[float]:
        """The weights, ascending."""
        return sorted({float(weight) for weight in self.weights})


class Aim(Strict):
    """The aim: which method should lead, where, and by what margin in percent over which methods."""

    method: str
    sparse: Annotated[list[str], Len(1)]
    acceleration: list[Number]
    margin_acceleration: Number
    margin: Number


class Shown(Strict):
    """Condition, test subject and slice of the pictures."""

    lines: Lines
    coils: Coils
    noise_db: Number | None
    acceleration: Acceleration
    subject: int
    slice: int

    @property
    def condition(self) -> Condition:
        """The condition."""
        return Condition.of(self.model_dump())


class Plan(Strict):
    """A study file; `configs/studies/reconstruction.yaml` explains its keys."""

    conditions: Conditions
    simulation: Simulation
    fractions: Annotated[list[Share], Len(1)]
    tuning: Tuning
    seed: int
    split_seed: int
    methods: Annotated[list[Method], Len(1)]
    aim: Aim
    figure: Shown

    @model_validator(mode="after")
    def _names(self) -> Self:
        names = [method.name for method in self.methods]
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise ValueError(f"`methods` must have different names, got {', '.join(twice)} twice")
        for name in (self.aim.method, *self.aim.sparse):
            if name not in names:
                raise ValueError(f"`aim` must name methods, got {name!r}{did_you_mean(name, names)}")
        return self

    @property
    def all_conditions(self) -> list[Condition]:
        """Every list of the conditions combined with every other."""
        lists = self.conditions
        every = product(lists.lines, lists.coils, lists.noise_db, lists.acceleration)
        return [Condition(*values) for values in every]


def read_plan(path: str | Path) -> Plan:
    """Read a study file."""
    return read_yaml(Plan, path, "config")
