"""One image on disk: what names it, and how its file is read."""

import errno
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

from PIL import Image, UnidentifiedImageError

UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
"""What Pillow raises for a broken file, from one format to the next."""
OF_THE_FILE = (None, errno.ENOENT, errno.EINVAL)
"""System errors that tell of a file: none, Pillow's own; a link to nowhere; a place beyond the file's end."""


class Picture(NamedTuple):
    """An image: a file, or a row of a file that holds many."""

    path: Path
    """The file."""
    row: int = 0
    """Which of the file's images."""


def read_image(path: Path) -> Image.Image:
    """Read an image file, whole: Pillow would leave what is missing of a truncated one to later.

    Args:
        path: A file of any format that Pillow reads.

    Returns:
        The image, its pixels read.

    Raises:
        ValueError: If the file is no image, or a broken one. The message leaves the name to the caller.
        OSError: If the system cannot read it now: no permission, too many open files, a failing disk.
    """
    try:
        with Image.open(path) as image:
            image.load()
            return image
    except UnidentifiedImageError as error:
        raise ValueError("not an image") from error
    except UNREADABLE as error:
        if isinstance(error, OSError) and error.errno not in OF_THE_FILE:
            raise
        raise ValueError(f"broken: {error}") from error
