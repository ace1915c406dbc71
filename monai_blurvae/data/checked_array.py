"""Arrays of bytes in .npy files, with CRC-32 checksums behind the array, where NumPy does not look."""

import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

Levels = npt.NDArray[np.uint8]
Sums = npt.NDArray[np.uint32]

SUM = np.dtype("<u4")
"""A checksum in the file."""


def checksum(data: bytes | Levels) -> int:
    """Compute the CRC-32 of bytes, or of an array of them in C order."""
    return zlib.crc32(np.ascontiguousarray(data).data if isinstance(data, np.ndarray) else data)


def add_checksums(path: Path, sums: Sequence[int]) -> None:
    """Append checksums to a .npy file."""
    with path.open("ab") as file:
        file.write(np.array(sums, SUM).tobytes())


def open_array(path: Path, parts: int) -> tuple[Levels, Sums] | None:
    """Map an array from disk and read its checksums; the content is not compared yet.

    Args:
        path: the file.
        parts: number of checksums.

    Returns:
        The array and its checksums; None if there is no such file, or its header or size is wrong.

    Raises:
        OSError: If the system cannot read the file now.
    """
    try:
        levels = np.lib.format.open_memmap(path, mode="r")
        end = levels.offset + levels.nbytes
        fits = levels.dtype == np.uint8 and path.stat().st_size == end + parts * SUM.itemsize
        sums = np.fromfile(path, SUM, offset=end)
    except FileNotFoundError:
        return None
    except OSError:
        raise
    except Exception:  # NumPy's parser fails in many ways at a damaged header
        return None
    return (np.asarray(levels), sums) if fits and levels.flags.c_contiguous else None


class CheckedRows:
    """Rows of an array on disk: each is compared with its checksum before it is read for the first time.

    Args:
        path: the file.
        levels: its array, mapped, (n, ...).
        sums: a checksum for each row, (n,).
        mend: decodes a row anew; the result replaces the damaged one in the file.
    """

    def __init__(self, path: Path, levels: Levels, sums: Sums, mend: Callable[[int], Levels]) -> None:
        self.path = path
        self.levels = levels
        self.sums = sums
        self.mend = mend
        self._checked = np.zeros(len(levels), dtype=bool)
        self._mended: dict[int, Levels] = {}

    def __getitem__(self, rows: npt.NDArray[np.int64]) -> Levels:
        self.check(rows)
        levels: Levels = self.levels[rows]
        for place, row in enumerate(rows.tolist() if self._mended else ()):
            levels[place] = self._mended.get(row, levels[place])
        return levels

    def check(self, rows: npt.NDArray[np.int64]) -> None:
        """Compare rows with their checksums, and mend the damaged ones."""
        for row in rows[~self._checked[rows]].tolist():
            if checksum(self.levels[row]) != self.sums[row]:
                self._mended[row] = self.mend(row)
                self._replace(row, self._mended[row])
            self._checked[row] = True

    def _replace(self, row: int, mended: Levels) -> None:
        levels = np.lib.format.open_memmap(self.path, mode="r+")  # maps the bytes of `self.levels`, or newer
        levels[row] = mended
        sums = np.memmap(self.path, SUM, "r+", levels.offset + levels.nbytes)
        sums[row] = self.sums[row] = checksum(mended)
