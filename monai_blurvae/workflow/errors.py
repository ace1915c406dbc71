"""Say the cause last: MONAI wraps an error in a configuration into layers of its own."""

import sys
from types import TracebackType


def root_cause(error: BaseException) -> BaseException:
    """Follow an error to what caused it.

    Args:
        error: any exception.

    Returns:
        The innermost explicit cause; the error itself where it has none.

    Example:
        >>> try:
        ...     raise RuntimeError("outer") from ValueError("inner")
        ... except RuntimeError as error:
        ...     root_cause(error)
        ValueError('inner')
    """
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _print_cause_last(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    sys.__excepthook__(kind, error, trace)
    cause = root_cause(error)
    if cause is not error:
        sys.stderr.write(f"\nCaused by {type(cause).__name__}: {cause}\n")


def explain_errors() -> None:
    """Have an uncaught error's traceback end with its cause."""
    sys.excepthook = _print_cause_last
