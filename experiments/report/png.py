"""Figures as small PNG files."""

import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

LIMIT = 300_000
"""Bytes above which a figure is drawn in 256 colours."""


def png(figure: Figure) -> bytes:
    """Encode a figure, in all its colours where that makes a small file, else in the 256 that suit it best.

    Args:
        figure: what was drawn.

    Returns:
        The PNG file.
    """
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())
    encoded = _encode(pixels)
    return encoded if len(encoded) <= LIMIT else _encode(_in_256_colours(pixels))


def _in_256_colours(pixels: Image.Image) -> Image.Image:
    """Choose 254 colours for the pictures, and black and white for words and paper.

    Args:
        pixels: RGB.

    Returns:
        The same with a palette.
    """
    colours = pixels.quantize(254).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*colours[: 3 * 254], 0, 0, 0, 255, 255, 255])
    indices = np.array(pixels.quantize(palette=palette, dither=Image.Dither.NONE))
    for index, value in ((254, 0), (255, 255)):
        indices[(np.asarray(pixels) == value).all(axis=-1)] = index
    chosen = Image.fromarray(indices).convert("P")
    chosen.putpalette(palette.getpalette() or [])
    return chosen


def _encode(pixels: Image.Image) -> bytes:
    buffer = io.BytesIO()
    pixels.save(buffer, format="png", optimize=True)
    return buffer.getvalue()
