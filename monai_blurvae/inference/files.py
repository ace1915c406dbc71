"""Small files written whole or not at all."""

from pathlib import Path


def write_whole(path: str | Path, content: bytes) -> None:
    """Write a file by way of a neighbour that takes its name when it is complete.

    Args:
        path: The file; its folder is made where it is missing.
        content: What it will hold.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
