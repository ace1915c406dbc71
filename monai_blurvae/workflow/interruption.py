"""Exit code after Ctrl-C."""

import sys

EXIT_CODE = 130
"""128 and the number of the signal that Ctrl-C sends."""


def exit_if_interrupted(interrupted: bool) -> None:
    """End the process with the exit code of an interrupted one.

    Args:
        interrupted: whether it was.

    Raises:
        SystemExit: If it was.
    """
    if interrupted:
        sys.stderr.write("Interrupted: what was written is unfinished.\n")
        raise SystemExit(EXIT_CODE)
