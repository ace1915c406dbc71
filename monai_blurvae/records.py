"""A run's own records: those of its start, and a numbered one for every time it was gone on with."""

import re
from pathlib import Path

CONFIGURATION = "config.json"
ENVIRONMENT = "environment.json"


def records(folder: str | Path, name: str) -> list[Path]:
    """List a record of all parts of a run, the latest last: `config.json`, `config_resumed1.json`, ...

    Args:
        folder: the run's folder.
        name: the record's file name at the run's start.

    Returns:
        The files that are there.
    """
    first = Path(folder, name)
    found = {0: first} if first.is_file() else {}
    for path in Path(folder).glob(f"{first.stem}_resumed*{first.suffix}"):
        number = re.fullmatch(rf"{re.escape(first.stem)}_resumed(\d+)", path.stem)
        if number is not None:
            found[int(number[1])] = path
    return [found[number] for number in sorted(found)]
