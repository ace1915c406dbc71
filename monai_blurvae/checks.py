"""Checks of numbers at the public border: a ValueError with the name, the rule and the value received."""

import math
from collections.abc import Callable, Iterable, Mapping
from numbers import Integral, Real
from typing import Any


def check_positive(**values: object) -> None:
    """Refuse values, given by name, that are not positive, finite numbers."""
    check_in("(0, inf)", **values)


def check_at_least(least: float, **values: object) -> None:
    """Refuse values, given by name, that are not finite numbers of at least `least`."""
    check_in(f"[{least}, inf)", **values)


def check_integer(least: int, **values: object) -> None:
    """Refuse values, given by name, that are not integers of at least `least`."""
    rule = in_words(f"[{least}, inf)", "an integer")
    _check(rule, lambda value: isinstance(value, Integral) and int(value) >= least, values)


def check_in(interval: str, **values: object) -> None:
    """Refuse values, given by name, outside an interval such as "[0, 1)"; the numbers are finite."""
    low, high = map(float, interval[1:-1].split(","))
    ends = {low} if interval[0] == "[" else set()
    ends |= {high} if interval[-1] == "]" else set()
    _check(in_words(interval), lambda value: low < value < high or value in ends, values)


def in_words(interval: str, number: str = "a number") -> str:
    """Say what an interval allows, with what a number is called, such as "an integer"."""
    if interval == "(0, inf)":
        return "positive and finite"
    low, high = interval[1:-1].split(", ")
    return f"{number} of at least {low}" if high == "inf" else f"in {interval}"


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
