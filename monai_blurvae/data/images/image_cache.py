"""The images of a data set, decoded once into one array of bytes, in memory or mapped from disk."""

import hashlib
import json
import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monai_blurvae.checks import check_integer
from monai_blurvae.data.checked_array import CheckedRows, Levels, Sums, add_checksums, checksum, open_array
from monai_blurvae.data.decoding import default_cache_dir, each
from monai_blurvae.data.images.picture import CentreSquare, Picture, read_image
from monai_blurvae.data.images.sources import is_batch, read_batch
from monai_blurvae.data.split import Split
from monai_blurvae.files import read_record, replacing, write_text

FORMAT = 1
"""Version of the bytes. Change it when the same files and preprocessing give other bytes."""
AT_A_TIME = 64
"""Files that a process decodes at once."""
NAMED = 10
"""Largest number of unusable files in a message; the cache's JSON file names all."""

_log = logging.getLogger(__name__)


class Images(NamedTuple):
    """Some of the images of one array."""

    levels: Levels | CheckedRows
    """All images: u, x = u / 127.5 - 1, (n, ch, H, W)."""
    rows: npt.NDArray[np.int64]
    """Which of them, (m,)."""


class ImageCache:
    """The decoded images of all parts of a data set, in one array that does not depend on the split.

    The array's name is a hash of the preprocessing and of the path, size and time of change of every file:
    when any of them changes, all images are decoded anew. A JSON file beside it names the files that could
    not be used, with the reason. It is written last: without it the array does not count. Damaged files are
    noticed, by their header and size at the start and by a checksum for each image when it is first read, and
    decoded anew, with a line in the log.

    Args:
        split: the images of each part.
        preprocessing: how they are preprocessed; None for the default.
        cache_dir: folder of the decoded images; None for `default_cache_dir`.
        in_memory: hold the images in memory (one byte per value); False maps them from disk.
        processes: processes that decode in parallel; 0 decodes in this one.
        bad_images: what to do with files that are broken, too small, in other colours or not images: "refuse"
            stops, "skip" leaves them out with a warning. Both count and name them.

    Raises:
        ValueError: If an argument is out of range, or there are unusable files, or no usable ones.
        OSError: If the system cannot read a file now (permission, open files); nothing is kept then. Or if
            the array cannot be written, or differs when it is read back.
    """

    def __init__(
        self,
        split: Split[Picture],
        preprocessing: CentreSquare | None = None,
        cache_dir: str | Path | None = None,
        in_memory: bool = True,
        processes: int = 0,
        bad_images: str = "refuse",
    ) -> None:
        if bad_images not in {"refuse", "skip"}:
            raise ValueError(f"`bad_images` must be 'refuse' or 'skip', got {bad_images!r}")
        check_integer(0, processes=processes)
        self._preprocessing = preprocessing = preprocessing or CentreSquare()
        folder = (Path(cache_dir) if cache_dir is not None else default_cache_dir()) / "images"
        everything = (picture for part in split for picture in part)
        pictures = sorted(everything, key=lambda picture: (str(picture.path), picture.row))  # strings: fast
        self._pictures = pictures
        self._row = {picture: row for row, picture in enumerate(pictures)}
        counts: dict[Path, int] = {}
        for picture in pictures:
            counts[picture.path] = counts.get(picture.path, 0) + 1
        self.file = folder / f"{_key(counts, preprocessing)}.npy"
        self.bad_file = self.file.with_suffix(".json")
        found = self._open()
        if found is None:
            if self.file.is_file() and self.bad_file.is_file():
                _log.warning("%s is damaged, or without checksums", self.file)
            _decode(counts, preprocessing, processes, self.file)
            found = self._open()
        if found is None:
            raise OSError(
                f"{self.file} was written, and differs when it is read back: the disk may be failing"
            )
        self.bad: dict[str, str] = read_record(self.bad_file)
        self._report_bad(len(counts), bad_images)
        self._rows = CheckedRows(self.file, *found, self._mend)
        if in_memory:
            self._rows.check(np.arange(len(pictures)))
        self.levels = np.array(found[0]) if in_memory else found[0]
        self._images = self.levels if in_memory else self._rows

    def __call__(self, pictures: Sequence[Picture]) -> Images:
        """Give the usable images of one part, in the order given.

        Args:
            pictures: images of the data set, such as one part of its split.

        Returns:
            The images.

        Raises:
            ValueError: If none of them can be used.
        """
        rows = [self._row[picture] for picture in pictures if str(picture.path) not in self.bad]
        if not rows:
            raise ValueError(
                f"`dataset_dir` must leave a usable image in every part, got none among {len(pictures)}:"
                " mend or add images, or split them by another `seed`"
            )
        return Images(self._images, np.array(rows, dtype=np.int64))

    def _open(self) -> tuple[Levels, Sums] | None:
        found = open_array(self.file, len(self._pictures) + 1)
        if found is None or not self.bad_file.is_file():
            return None
        levels, sums = found
        return (levels, sums[:-1]) if checksum(self.bad_file.read_bytes()) == sums[-1] else None

    def _mend(self, row: int) -> Levels:
        picture = self._pictures[row]
        _log.warning("Decoding %s anew: it is damaged in %s", picture.path, self.file)
        images = decode_file(picture.path, preprocessing=self._preprocessing)
        if not isinstance(images, str):
            mended: Levels = images[picture.row]
            return mended
        if str(picture.path) in self.bad:
            return np.zeros_like(self._rows.levels[row])
        raise ValueError(f"`dataset_dir` must hold usable images, got {picture.path}: {images}")

    def _report_bad(self, files: int, bad_images: str) -> None:
        if not self.bad:
            return
        named = "; ".join(f"{path}: {reason}" for path, reason in list(self.bad.items())[:NAMED])
        more = (
            f"; and {len(self.bad) - NAMED} more, named in {self.bad_file}" if len(self.bad) > NAMED else ""
        )
        if bad_images == "refuse" or len(self.bad) == files:
            raise ValueError(
                f"`dataset_dir` must hold only usable images, got {len(self.bad)} of {files} files that are"
                f" not ({named}{more}): mend or remove them, or leave them out by `--decode::bad_images skip`"
            )
        _log.warning("Leaving out %d of %d files: %s%s", len(self.bad), files, named, more)


def _key(counts: dict[Path, int], preprocessing: CentreSquare) -> str:
    digest = hashlib.sha256(repr((FORMAT, preprocessing)).encode())
    for path, count in counts.items():
        try:
            state = path.stat()
            of_file = state.st_size, state.st_mtime_ns
        except OSError:  # a link to nowhere: noticed, and named, when it is decoded
            of_file = None
        digest.update(repr((str(path.absolute()), count, of_file)).encode())
    return f"images-{preprocessing.image_size}-{digest.hexdigest()[:20]}"


def _decode(counts: dict[Path, int], preprocessing: CentreSquare, processes: int, file: Path) -> None:
    shape = (sum(counts.values()), preprocessing.channels, preprocessing.image_size, preprocessing.image_size)
    bad: dict[str, str] = {}
    sums: list[int] = []
    _log.info("Decoding %d images into %s, once", shape[0], file)
    with replacing(file) as temporary:
        with temporary.open("wb") as array:
            np.lib.format.write_array_header_1_0(
                array, {"descr": "|u1", "fortran_order": False, "shape": shape}
            )
            work = partial(decode_file, preprocessing=preprocessing)
            decoded = each(work, list(counts), "Decoding images", processes, AT_A_TIME)
            for (path, count), result in zip(counts.items(), decoded, strict=True):
                if isinstance(result, str):
                    bad[str(path)] = result
                    result = np.zeros((count, *shape[1:]), dtype=np.uint8)
                array.write(result.tobytes())
                sums += map(checksum, result)
        names = json.dumps(bad, indent=4) + "\n"
        add_checksums(temporary, [*sums, checksum(names.encode())])
    write_text(file.with_suffix(".json"), names)


def decode_file(path: Path, preprocessing: CentreSquare) -> npt.NDArray[np.uint8] | str:
    """Read and preprocess the images of a file, u, uint8 (n, ch, H, W), or say why they cannot be used."""
    try:
        images = read_batch(path) if is_batch(path) else [read_image(path)]
        return np.stack([preprocessing(image) for image in images])
    except ValueError as error:
        return str(error)
    except OSError as error:
        error.filename = error.filename or str(path)  # a failing disk's error names no file
        raise
