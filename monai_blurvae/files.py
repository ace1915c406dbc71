"""Files of a run, written whole or not at all; checked reading of records and weights; nearest names."""

import gzip
import json
import math
import os
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from monai_blurvae import __version__

PACKAGE = "monai-blurvae"
CONFIGURATION = "config.json"
ENVIRONMENT = "environment.json"


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, which replaces `path` when the block ends without an error.

    If the block fails (a full disk, an interrupt), the temporary file is removed and `path` stays as it was.
    The temporary name has the file's suffix and is unique. The folder is made if it is missing.

    Args:
        path: the file to write.

    Yields:
        The path to write to, in the same folder.

    Raises:
        OSError: If the file could not be written; the error names it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{uuid4().hex[:12]}.{path.name}")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        if error.filename not in {None, str(partial)}:  # it was another file that failed
            raise
        reason = error.strerror or error
        raise OSError(
            f"could not write {path.name} in {path.parent}: {reason}; what was written before is kept"
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write a UTF-8 file, whole or not at all; line ends stay as they are in `text`."""
    with replacing(path) as partial:
        partial.write_bytes(text.encode())


def write_json(path: str | Path, content: object) -> None:
    """Write a JSON file, whole or not at all."""
    write_text(path, json.dumps(content, indent=4) + "\n")


def write_arrays(path: str | Path, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
    """Write named arrays as a compressed .npz file, whole or not at all."""
    with replacing(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def write_state(path: str | Path, state: Mapping[str, Any]) -> None:
    """Save tensors and plain values with torch.save, whole or not at all, and flushed to the disk."""
    import torch  # not above: a report reads records without it

    with replacing(path) as partial, partial.open("wb") as file:
        try:
            torch.save(state, file)
        except RuntimeError as error:  # torch's zip writer hides the operating system's error
            raise OSError(str(error.__context__ or error)) from error
        file.flush()
        os.fsync(file.fileno())


def read_state(
    path: str | Path, message: str = "{path} must be a whole file of torch.save, got another ({reason})"
) -> Any:  # noqa: ANN401
    """Read a file of torch.save: its checksums are verified, and nothing in it is executed.

    torch.save writes a CRC-32 for every part of the file, and torch.load does not look at it.

    Args:
        path: the file.
        message: what the error says, with the places {path} and {reason}.

    Returns:
        Its content, on the CPU.

    Raises:
        ValueError: If the file is damaged, or something else.
        OSError: If it cannot be opened.
    """
    import torch

    with Path(path).open("rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                if sum(part.file_size for part in archive.infolist()) > Path(path).stat().st_size:
                    raise ValueError("it claims to hold more than it does")
                if (damaged := archive.testzip()) is not None:
                    raise ValueError(f"the checksum of {damaged} is wrong")
            file.seek(0)
            return torch.load(file, map_location="cpu", weights_only=True)
        except Exception as error:  # bytes of strangers fail in any way
            reason = str(error).partition("\n")[0] or type(error).__name__
            raise ValueError(message.format(path=path, reason=reason)) from error


def verify_gzip(path: str | Path, most: float = math.inf) -> None:
    """Read a .gz file to its end, where gzip compares the checksum; readers of volumes stop before.

    Args:
        path: the file. Files with another suffix are not read.
        most: bytes that it may unpack to. Little more than these is unpacked.

    Raises:
        OSError, EOFError, zlib.error: If the file is damaged.
        ValueError: If it unpacks to more.
    """
    if Path(path).suffix.lower() == ".gz":
        held = 0
        with gzip.open(path) as stream:
            while part := stream.read(2**20):
                held += len(part)
                if held > most:
                    raise ValueError(f"it must unpack to at most {most} bytes, and unpacks to more")


def read_record(path: Path) -> dict[str, Any]:
    """Read a record of a run; a ValueError names a file that is not a JSON object, or is truncated."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} must be a run's record, got {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path} must be a run's record, got {content!r}")
    return content


def records(folder: str | Path, name: str) -> list[Path]:
    """List the records of a run's start and of its resumptions: `config.json`, `config_resumed1.json`, ...

    Args:
        folder: the run's folder.
        name: file name of the record of the start.

    Returns:
        The files that exist, the latest last.
    """
    first = Path(folder, name)
    found = {0: first} if first.is_file() else {}
    for path in Path(folder).glob(f"{first.stem}_resumed*{first.suffix}"):
        number = re.fullmatch(rf"{re.escape(first.stem)}_resumed(\d+)", path.stem)
        if number is not None:
            found[int(number[1])] = path
    return [found[number] for number in sorted(found)]


def other_version(environment: Mapping[str, Any]) -> str | None:
    """Name the version of the package that wrote an `environment.json`, or None if it is this version."""
    versions = environment.get("versions")
    version = versions.get(PACKAGE) if isinstance(versions, Mapping) else None
    return None if version == __version__ else f"{PACKAGE} {version or 'of an unknown version'}"


def written_by_another(folder: str | Path) -> str | None:
    """Name another version of the package that wrote a record of a run, or None if there is none."""
    others = (other_version(read_record(path)) for path in records(folder, ENVIRONMENT))
    return next((other for other in others if other is not None), None)


def pretrained_file(name: str) -> Path:
    """Find a weight file, by its publisher's name, in torch.hub's folder of checkpoints; download nothing."""
    import torch

    path = Path(torch.hub.get_dir(), "checkpoints", name)
    if not path.is_file():
        raise FileNotFoundError(f"weights {name} must lie in {path.parent}, found none: put them there")
    return path


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Name the known name nearest to an unknown one: by its letters, its initials or one of its words.

    Args:
        name: the unknown name.
        known: the known names.

    Returns:
        The end of an error message; empty if no name is near.

    Example:
        >>> did_you_mean("epoks", ["epochs", "beta"]), did_you_mean("lr", ["blur", "learning_rate"])
        (' (did you mean `epochs`?)', ' (did you mean `learning_rate`?)')
    """
    names = list(known)
    initials = [one for one in names if "".join(word[:1] for word in re.split("[_:]+", one)) == name]
    parts = [one for one in names if name in re.split("[_:]+", one)]
    near = get_close_matches(name, names, n=1, cutoff=0.6) if len(name) > 2 else []
    nearest = [*(initials if len(name) > 1 else []), *near, *parts]
    return f" (did you mean `{nearest[0]}`?)" if nearest else ""


def check_known(name: str, value: object, known: Iterable[str]) -> None:
    """Refuse a value, given by name, that is not one of the known ones; the message names the nearest.

    Args:
        name: what the value is for.
        value: the value.
        known: the known values.

    Raises:
        ValueError: If it is unknown.
    """
    names = list(known)
    if value not in names:
        hint = did_you_mean(str(value), names)
        raise ValueError(f"`{name}` must be one of {', '.join(names)}, got {value!r}{hint}")
