"""What evaluates the calling expression, and what the command was given: MONAI does not pass them on."""

import inspect
from collections.abc import Iterator
from types import FrameType
from typing import TypeVar

T = TypeVar("T")

RUN = "monai.bundle.scripts"
"""The module of MONAI's commands."""


def on_the_stack(kind: type[T]) -> T | None:
    """Find the innermost object of a type with a running method.

    Args:
        kind: the type.

    Returns:
        The object, or None where no method of one is on the call stack.
    """
    owners = (frame.f_locals.get("self") for frame in _frames())
    return next((owner for owner in owners if isinstance(owner, kind)), None)


def given_as_none() -> list[str]:
    """List the ids that a command was given as None: MONAI drops them."""
    given = [frame.f_locals.get("override") for frame in _frames() if frame.f_globals.get("__name__") == RUN]
    return [name for override in given if override for name, value in override.items() if value is None]


def _frames() -> Iterator[FrameType]:
    frame = inspect.currentframe()
    while frame is not None:
        yield frame
        frame = frame.f_back
