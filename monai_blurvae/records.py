"""A run's own records: those of its start, and a numbered one for every time it was gone on with."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monai_blurvae import __version__

PACKAGE = "monai-blurvae"
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


def other_version(environment: Mapping[str, Any]) -> str | None:
    """Name the package's version that wrote a record, where it is not this one.

    Args:
        environment: a run's record, the content of `environment.json`.

    Returns:
        The package with its version, "of an unknown version" where the record names none; None for this one.
    """
    versions = environment.get("versions")
    version = versions.get(PACKAGE) if isinstance(versions, Mapping) else None
    return None if version == __version__ else f"{PACKAGE} {version or 'of an unknown version'}"


def written_by_another(folder: str | Path) -> str | None:
    """Name another version of the package that wrote a run, or a part of it.

    Args:
        folder: the run's folder.

    Returns:
        The package with its version; None where this version wrote every record, or there is none.

    Raises:
        ValueError: a record in it is no JSON, such as one that a full disk cut off.
    """
    others = (other_version(read_record(path)) for path in records(folder, ENVIRONMENT))
    return next((other for other in others if other is not None), None)


def read_record(path: Path) -> dict[str, Any]:
    """Read a run's record.

    Args:
        path: the file.

    Returns:
        Its content.

    Raises:
        ValueError: it is no JSON object, such as one that a full disk cut off.
    """
    try:
        content = json.loads(path.read_text())
    except ValueError as error:
        raise ValueError(f"{path} must be a run's record, got {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path} must be a run's record, got {content!r}")
    return content
