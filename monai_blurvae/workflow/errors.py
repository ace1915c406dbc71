"""Error messages that end with their cause, which MONAI wraps into further errors."""

import sys
from types import TracebackType

WRAPPERS = ("Failed to evaluate", "Failed to instantiate")
"""How the messages of MONAI's own layers begin."""


def root_cause(error: BaseException) -> BaseException:
    """Find the error that MONAI wrapped.

    Args:
        error: any exception.

    Returns:
        The outermost exception that MONAI's configuration did not wrap around another.

    Example:
        >>> try:
        ...     raise RuntimeError("Failed to evaluate x") from ValueError("inner")
        ... except RuntimeError as error:
        ...     root_cause(error)
        ValueError('inner')
    """
    while error.__cause__ is not None and str(error).startswith(WRAPPERS):
        error = error.__cause__
    return error


def _print_cause_last(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    sys.__excepthook__(kind, error, trace)
    cause = root_cause(error)
    if cause is not error:
        sys.stderr.write(f"\nCaused by {type(cause).__name__}: {cause}\n")


def explain_errors() -> None:
    """Make the traceback of an uncaught error end with its cause."""
    sys.excepthook = _print_cause_last
