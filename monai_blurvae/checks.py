"""Checks of values at the public border: a ValueError with the name, the rule and the value received."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from numbers import Integral, Real
from typing import Any

OPPOSITE = {"R": "L", "L": "R", "A": "P", "P": "A", "S": "I", "I": "S"}
"""Right and left, anterior and posterior, superior and inferior."""


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


def check_sizes(*, axes: Collection[int] = (), **values: object) -> None:
    """Refuse values, given by name, that are not sequences of positive, finite numbers, of one of `axes`."""
    for name, given in values.items():
        sizes = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else []
        if not sizes or (axes and len(sizes) not in axes):
            raise ValueError(f"`{name}` must be {_words(axes)}positive sizes, one per axis, got {given!r}")
        for size in sizes:
            check_positive(**{name: size})


def checked_orientation(
    orientation: str, letters: Collection[int] = (2, 3), name: str = "orientation"
) -> str:
    """Refuse an orientation that is not two or three (`letters`) of R or L, A or P, S or I; return it."""
    known = isinstance(orientation, str) and all(letter in OPPOSITE for letter in orientation)
    axes = {frozenset((letter, OPPOSITE[letter])) for letter in orientation} if known else set()
    if len(axes) not in letters or len(axes) != len(orientation):
        raise ValueError(
            f"`{name}` must be {_words(letters)}of R or L, A or P, S or I, towards which rows, columns "
            f"and slices run, such as {'PL or ' if 2 in letters else ''}RAS, got {orientation!r}"
        )
    return orientation


def _words(counts: Collection[int]) -> str:
    return " or ".join(("no", "one", "two", "three")[count] for count in counts) + " " * bool(counts)


def _check(rule: str, holds: Callable[[Any], bool], values: Mapping[str, object]) -> None:
    for name, value in values.items():
        is_number = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
        if not (is_number and holds(value)):
            raise ValueError(f"`{name}` must be {rule}, got {value!r}")
