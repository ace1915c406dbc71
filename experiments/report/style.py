"""Colours and markers of methods: told apart without colour vision."""

from collections.abc import Sequence
from itertools import cycle, islice
from typing import Any

COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's, without the yellow that white paper swallows."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">", "h")
LINES = ("-", "--", "-.", ":")


def line_styles(methods: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Give every method a colour, a marker and a line of its own.

    Args:
        methods: labels, the first is drawn thickest.

    Returns:
        Method to arguments of matplotlib's plot.
    """
    colours, markers = islice(cycle(COLOURS), len(methods)), cycle(MARKERS)
    return {
        method: {
            "color": colour,
            "marker": marker,
            "linestyle": LINES[number // len(COLOURS) % len(LINES)],
            "linewidth": 2.2 if number == 0 else 1.3,
            "markersize": 6,
        }
        for number, (method, colour, marker) in enumerate(zip(methods, colours, markers, strict=False))
    }
