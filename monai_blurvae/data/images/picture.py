"""One image: its place on disk, the reading of its file, and its centre square in bytes."""

import errno
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from monai_blurvae.checks import check_integer

UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
"""What Pillow raises for broken files of its many formats."""
OF_THE_FILE = (None, errno.ENOENT, errno.EINVAL)
"""System errors that are the file's fault: Pillow's own (None), a link to nowhere, a place beyond its end."""
MODES = {1: "L", 3: "RGB"}
"""Pillow's name of the colours, by number of channels."""
DEEPER = ("I", "F")
"""How Pillow's names begin for pixels of more than eight bits, which it would clip."""
CONVERT = (
    ", and `colours` is 'refuse', not 'convert' (in a bundle: `--decode::preprocessing::colours convert`)"
)


class Picture(NamedTuple):
    """An image: a file, or a row of a file that holds many."""

    path: Path
    row: int = 0


def read_image(path: Path) -> Image.Image:
    """Read an image file with all its pixels, so that a truncated one is noticed.

    Args:
        path: a file of any format that Pillow reads.

    Returns:
        The image.

    Raises:
        ValueError: If the file is not an image, or is broken; the message does not name it.
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


@dataclass(frozen=True)
class CentreSquare:
    """Cut the centre square out of an image and resize it, averaging over the pixels that become one.

    Args:
        image_size: edge length of the result in pixels.
        crop: edge length of the square in pixels of the file; None takes the largest. If it is `image_size`,
            nothing is resized.
        channels: 3 for colours, 1 for grey values.
        colours: what to do with an image in other colours (a grey one among coloured ones, one with
            transparency): "refuse", or "convert", which repeats grey values, weights colours to grey and
            drops transparency.
    """

    image_size: int = 64
    crop: int | None = None
    channels: int = 3
    colours: str = "refuse"

    def __post_init__(self) -> None:
        check_integer(1, image_size=self.image_size)
        if self.crop is not None and self.crop < self.image_size:
            raise ValueError(f"`crop` must be at least `image_size`, {self.image_size}, got {self.crop}")
        if self.channels not in MODES:
            raise ValueError(f"`channels` must be 1 or 3 for images, got {self.channels}")
        if self.colours not in {"refuse", "convert"}:
            raise ValueError(f"`colours` must be 'refuse' or 'convert', got {self.colours!r}")

    def __call__(self, image: Image.Image) -> npt.NDArray[np.uint8]:
        """Preprocess an image of any size and colours.

        Args:
            image: the image.

        Returns:
            u = 127.5 (x + 1), uint8 (channels, image_size, image_size).

        Raises:
            ValueError: If it is too small, or in other colours; the message does not name it.
        """
        side, least = min(image.size), self.crop or self.image_size
        if side < least:
            raise ValueError(f"smaller than {least}x{least} pixels: {image.width}x{image.height}")
        mode = MODES[self.channels]
        if image.mode.startswith(DEEPER) or (image.mode != mode and self.colours == "refuse"):
            hint = "" if image.mode.startswith(DEEPER) else CONVERT
            raise ValueError(f"colours are {image.mode}, not {mode}{hint}")
        side = self.crop or side
        left, top = (image.width - side) // 2, (image.height - side) // 2
        square = image.convert(mode).crop((left, top, left + side, top + side))
        if side != self.image_size:
            square = square.resize((self.image_size, self.image_size), Image.Resampling.BILINEAR)
        levels: npt.NDArray[np.uint8] = np.asarray(square).reshape(self.image_size, self.image_size, -1)
        return levels.transpose(2, 0, 1)
