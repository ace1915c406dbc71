"""JSONL files of records: a damaged line is listed, and never ends a report."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

Record = dict[str, Any]


class Lines(NamedTuple):
    """The lines of a file."""

    records: list[Record]
    """Those that are whole."""
    damaged: list[str]
    """The others: file, number of the line, and what is wrong with it."""

    def markdown(self) -> str:
        """List the damaged lines; empty without any."""
        if not self.damaged:
            return ""
        return "\n".join(["**Damaged lines, left out:**", "", *(f"* `{line}`" for line in self.damaged), ""])


def read_lines(path: str | Path, fit: Callable[[Record], Record] = dict) -> Lines:
    """Read a JSONL file.

    Args:
        path: the file.
        fit: gives the record to keep of what a line holds; raises any error if it does not fit.
    """
    found = Lines([], [])
    for number, text in enumerate(Path(path).read_bytes().splitlines(), 1):
        try:
            found.records.append(fit(json.loads(text)))
        except Exception as error:
            reason = f"{type(error).__name__}: {error}".replace("`", "'")[:200]
            found.damaged.append(f"{Path(path).name}, line {number}: {' '.join(reason.split())}")
    return found
