"""Volumes decoded once: preprocessed, one byte per voxel, in memory or mapped from disk."""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from monai_blurvae.checks import check_integer
from monai_blurvae.data.checked_array import add_checksums, checksum, open_array
from monai_blurvae.data.decoding import default_cache_dir, each
from monai_blurvae.data.intensity import quantize
from monai_blurvae.data.volumes.preprocessing import Preprocessing
from monai_blurvae.data.volumes.reading import IMAGE, to_subject
from monai_blurvae.data.volumes.subjects import stem
from monai_blurvae.files import replacing

Volume = npt.NDArray[np.uint8]
"""A decoded volume (slices, rows, columns): 0 is background, u is x = u / 127.5 - 1."""

FORMAT = 1
"""Version of the bytes. Change it when the same file and preprocessing give other bytes."""

_log = logging.getLogger(__name__)


class VolumeCache:
    """The decoded volumes of a list of files, as a sequence of arrays.

    The name of a decoded volume is a hash of the preprocessing and of the file's path, size and time of
    change: when any of them changes, the volume is decoded anew. So it is, with a line in the log, where the
    decoded file is damaged: header and size are compared at the start, the content when it is first read.

    Args:
        paths: NIfTI volumes.
        preprocessing: how they are preprocessed; None for the default.
        cache_dir: folder of the decoded volumes; None for `default_cache_dir`.
        in_memory: hold the volumes in memory (one byte per voxel); False maps them from disk.
        processes: processes that decode in parallel; 0 decodes in this one.

    Raises:
        ValueError: If there are no paths, or a volume is unfit (see `read_volume`, `Preprocessing`).
        OSError: If a decoded volume cannot be written, or differs when it is read back.
    """

    def __init__(
        self,
        paths: Sequence[str | Path],
        preprocessing: Preprocessing | None = None,
        cache_dir: str | Path | None = None,
        in_memory: bool = True,
        processes: int = 0,
    ) -> None:
        if len(paths) == 0:
            raise ValueError("`paths` must name at least one volume, got none")
        check_integer(0, processes=processes)
        self._preprocessing = preprocessing or Preprocessing()
        self._in_memory = in_memory
        folder = Path(cache_dir) if cache_dir is not None else default_cache_dir()
        self.paths = [Path(path) for path in paths]
        self.files = [cache_file(path, self._preprocessing, folder / "volumes") for path in self.paths]
        missing = [
            (path, file)
            for path, file in zip(self.paths, self.files, strict=True)
            if open_array(file, 1) is None
        ]
        damaged = [file.name for _, file in missing if file.exists()]
        if damaged:
            _log.warning("Decoding anew what is damaged, or without checksums: %s", ", ".join(damaged))
        if missing:
            _log.info("Decoding %d volumes into %s, once", len(missing), folder / "volumes")
            work = partial(_decode_to, preprocessing=self._preprocessing)
            for _ in each(work, missing, "Decoding volumes", processes):
                pass
        self._volumes: list[Volume | None] = [
            self._read(index) if in_memory else None for index in range(len(paths))
        ]

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[Volume]:
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: int) -> Volume:
        volume = self._volumes[index]
        if volume is None:
            volume = self._volumes[index] = self._read(index)
        return volume

    def _read(self, index: int) -> Volume:
        path, file = self.paths[index], self.files[index]
        volume = _whole(file)
        if volume is None:
            _log.warning("Decoding %s anew: %s is damaged", path, file)
            _decode_to((path, file), self._preprocessing)
            volume = _whole(file)
        if volume is None:
            raise OSError(f"{file} was written, and differs when it is read back: the disk may be failing")
        return np.array(volume) if self._in_memory else volume


def _whole(file: Path) -> Volume | None:
    found = open_array(file, 1)
    return found[0] if found is not None and checksum(found[0]) == found[1][0] else None


def cache_file(path: Path, preprocessing: Preprocessing, folder: Path) -> Path:
    """Name the .npy file, which may not exist yet, of the decoded volume of a file in its present state."""
    if not path.is_file():
        raise ValueError(f"`paths` must name existing files, got {path}")
    state = path.stat()
    key = repr((FORMAT, str(path.resolve()), state.st_size, state.st_mtime_ns, preprocessing))
    return folder / f"{stem(path)}-{hashlib.sha256(key.encode()).hexdigest()[:20]}.npy"


def decode(path: Path, preprocessing: Preprocessing) -> Volume:
    """Read and preprocess a volume into one byte per voxel, (slices, rows, columns), contiguous."""
    # TorchIO draws from torch's global generator: a run must not depend on whether its cache was there
    with torch.random.fork_rng(devices=[]):
        data = preprocessing(to_subject(path))[IMAGE].data[0]
    levels: Volume = quantize(data).permute(2, 0, 1).contiguous().numpy()
    return levels


def _decode_to(job: tuple[Path, Path], preprocessing: Preprocessing) -> None:
    path, file = job
    volume = decode(path, preprocessing)
    with replacing(file) as temporary:
        np.save(temporary, volume)
        add_checksums(temporary, [checksum(volume)])
