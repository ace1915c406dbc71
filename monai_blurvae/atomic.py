"""A file that is either wholly there or as it was before."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a path beside `path` to write to, which takes its place once the block has ended well.

    Where the block fails (a full disk, an interrupt), the part written is removed and `path` stays untouched.

    Args:
        path: the file to write; its folder is made where it is missing.

    Yields:
        The path to write to, in the same folder.

    Raises:
        OSError: if it could not be written; the error names the file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        raise OSError(f"could not write {path.name} in {path.parent}: {error}") from error
    finally:
        partial.unlink(missing_ok=True)
