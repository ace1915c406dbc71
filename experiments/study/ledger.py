"""Results as lines of JSON files that only grow: what was computed once is never computed again."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

Record = dict[str, Any]


class Ledger:
    """Append records to a file, each at once and whole.

    Args:
        folder: where the file lies; it is made where it is missing.
        name: what the records are.
        part: which part of how many writes; each has a file of its own; None: one file.
    """

    def __init__(self, folder: Path, name: str, part: tuple[int, int] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        suffix = "" if part is None else f".{part[0]}of{part[1]}"
        self.path = folder / f"{name}{suffix}.jsonl"

    def append(self, record: Record) -> None:
        """Write a record, through to the disk.

        Args:
            record: what JSON can hold.
        """
        line = json.dumps(record) + "\n"
        with self.path.open("ab+") as file:
            if file.tell() > 0:
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":  # a stop cut the last line off
                    line = "\n" + line
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())


def digest(*words: object) -> str:
    """Name what results depend on: results of one name agree.

    Args:
        words: all of it.

    Returns:
        Twelve letters.

    Example:
        >>> digest("a", 1) == digest("a", 1) != digest("a", 2)
        True
    """
    return hashlib.sha256(repr(words).encode()).hexdigest()[:12]


def read_ledgers(folder: Path, name: str) -> list[Record]:
    """Read the records of all parts; a line that a stop cut off is left out.

    Args:
        folder: where the files lie.
        name: what the records are.

    Returns:
        The records.
    """
    found = []
    for path in sorted(folder.glob(f"{name}*.jsonl")):
        for line in path.read_text().splitlines():
            try:
                record = json.loads(line)
            except json.JSONDecodeError:
                continue
            if isinstance(record, dict):
                found.append(record)
    return found
