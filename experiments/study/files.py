"""What a study's output folder holds."""

import re
from pathlib import Path

STUDY = "study.json"
"""What the last start asked for: the study file's content and the identities of its methods."""

TRIALS, RESULTS, MEASURED = "trials", "results", "measured"
"""Ledgers: of weights tried on tuning slices, of test slices, of measured k-space."""

REFERENCE = "reference"
"""The name of the reference's picture, which no method has."""


def image_file(folder: Path, name: str) -> Path:
    """Give the file of a picture's magnitudes.

    Args:
        folder: the study's output.
        name: what it shows.

    Returns:
        The .npy file.

    Example:
        >>> image_file(Path("out"), "L1 wavelet").as_posix()
        'out/images/L1_wavelet.npy'
    """
    return folder / "images" / (re.sub(r"[^\w.-]+", "_", name) + ".npy")


def measured_name(method: str) -> str:
    """Name a method's picture of the measured k-space.

    Args:
        method: its name.

    Returns:
        The picture's name.
    """
    return f"{MEASURED} {method}"
