"""A study's output folder: JSON lines that only grow, and pictures."""

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from monai_blurvae.files import replacing

STUDY = "study.json"
"""What the last start asked for: the study file's content and the identities of its methods."""
TRIALS, RESULTS, MEASURED = "trials", "results", "measured"
"""Ledgers: weights tried on tuning slices, test slices, measured k-space."""
REFERENCE = "reference"
"""The name of the reference's picture, which no method has."""

Record = dict[str, Any]


class Ledger:
    """Append records to a file, each at once and whole.

    Args:
        folder: where the file lies; it is made if it is missing.
        name: what the records are.
        part: which part of how many writes; each has its own file; None: one file.
    """

    def __init__(self, folder: Path, name: str, part: tuple[int, int] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        suffix = "" if part is None else f".{part[0]}of{part[1]}"
        self.path = folder / f"{name}{suffix}.jsonl"

    def append(self, record: Record) -> None:
        """Write a record, through to the disk."""
        line = json.dumps(record) + "\n"
        with self.path.open("ab+") as file:
            if file.tell() > 0:
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":  # a stop cut the last line off
                    line = "\n" + line
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())


def read_ledgers(folder: Path, name: str) -> list[Record]:
    """Read the records of all parts; a line that a stop cut off is left out."""
    found = []
    for path in sorted(folder.glob(f"{name}*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                record = json.loads(line)
            except json.JSONDecodeError:
                continue
            if isinstance(record, dict):
                found.append(record)
    return found


def digest(*words: object) -> str:
    """Name what results depend on, in twelve letters: results of one name agree.

    Example:
        >>> digest("a", 1) == digest("a", 1) != digest("a", 2)
        True
    """
    return hashlib.sha256(repr(words).encode()).hexdigest()[:12]


def image_file(folder: Path, name: str) -> Path:
    """Give the .npy file of a picture's magnitudes.

    Example:
        >>> image_file(Path("out"), "L1 wavelet").as_posix()
        'out/images/L1_wavelet.npy'
    """
    return folder / "images" / (re.sub(r"[^\w.-]+", "_", name) + ".npy")


def save_image(folder: Path, name: str, x: Tensor) -> None:
    """Store the magnitudes of a complex image (1, 1, H, W) for the figures."""
    with replacing(image_file(folder, name)) as path, path.open("wb") as file:
        np.save(file, x[0, 0].abs().cpu().numpy())
