"""Checks of numbers at the public border: a ValueError with the name, the rule and the value received."""

import math
from collections.abc import Callable, Iterable, Mapping
from numbers import Integral, Real
from typing import Any


def check_positive(**values: object) -> None:
    """Refuse values, given by name, that are not positive, finite numbers."""
    _check("positive and finite", lambda value: value > 0, values)


def check_at_least(least: float, **values: object) -> None:
    """Refuse values, given by name, that are not finite numbers of at least `least`."""
    _check(f"a number of at least {least}", lambda value: value >= least, values)


def check_integer(least: int, **values: object) -> None:
    """Refuse values, given by name, that are not integers of at least `least`."""
    rule = f"an integer of at least {least}"
    _check(rule, lambda value: isinstance(value, Integral) and int(value) >= least, values)


def check_in(interval: str, **values: object) -> None:
    """Refuse values, given by name, outside an interval such as "[0, 1)"."""
    low, high = map(float, interval[1:-1].split(","))
    ends = {low} if interval[0] == "[" else set()
    ends |= {high} if interval[-1] == "]" else set()
    _check(f"in {interval}", lambda value: low < value < high or value in ends, values)


def check_sizes(**values: object) -> None:
    """Refuse values, given by name, that are not sequences of positive, finite numbers."""
    for name, sizes in values.items():
        if isinstance(sizes, str) or not isinstance(sizes, Iterable):
            raise ValueError(f"`{name}` must be positive numbers, one per axis, got {sizes!r}")
        for size in sizes:
            check_positive(**{name: size})


def _check(rule: str, holds: Callable[[Any], bool], values: Mapping[str, object]) -> None:
    for name, value in values.items():
        is_number = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
        if not (is_number and holds(value)):
            raise ValueError(f"`{name}` must be {rule}, got {value!r}")
