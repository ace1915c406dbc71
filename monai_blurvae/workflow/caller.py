"""The parser or workflow that evaluates the calling expression, which MONAI does not pass to it."""

import inspect
from typing import TypeVar

T = TypeVar("T")


def on_the_stack(kind: type[T]) -> T | None:
    """Find the innermost object of a type with a running method.

    Args:
        kind: the type.

    Returns:
        The object, or None where no method of one is on the call stack.
    """
    frame = inspect.currentframe()
    while frame is not None:
        owner = frame.f_locals.get("self")
        if isinstance(owner, kind):
            return owner
        frame = frame.f_back
    return None
