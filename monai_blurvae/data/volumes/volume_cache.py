"""Volumes decoded once: preprocessed, one byte per voxel, in memory or mapped from disk."""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from monai_blurvae.data.decoding import default_cache_dir, each
from monai_blurvae.data.intensity import quantize
from monai_blurvae.data.volumes.preprocessing import Preprocessing
from monai_blurvae.data.volumes.reading import IMAGE, to_subject
from monai_blurvae.files import replacing

Volume = npt.NDArray[np.uint8]
"""A decoded volume (slices, rows, columns): 0 is background, u is x = u / 127.5 - 1."""

FORMAT = 1
"""Version of the bytes. Change it when the same file and preprocessing give other bytes."""

_log = logging.getLogger(__name__)


class VolumeCache:
    """The decoded volumes of a list of files, as a sequence of arrays.

    The name of a decoded volume is a hash of the preprocessing and of the file's path, size and time of
    change: when any of them changes, the volume is decoded anew.

    Args:
        paths: NIfTI volumes.
        preprocessing: how they are preprocessed; None for the default.
        cache_dir: folder of the decoded volumes; None for `default_cache_dir`.
        in_memory: hold the volumes in memory (one byte per voxel); False maps them from disk.
        processes: processes that decode in parallel; 0 decodes in this one.

    Raises:
        ValueError: If there are no paths, or a volume is unfit (see `read_volume`, `Preprocessing`).
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
        preprocessing = preprocessing or Preprocessing()
        folder = Path(cache_dir) if cache_dir is not None else default_cache_dir()
        self.paths = [Path(path) for path in paths]
        self.files = [cache_file(path, preprocessing, folder / "volumes") for path in self.paths]
        missing = [
            (path, file) for path, file in zip(self.paths, self.files, strict=True) if not file.exists()
        ]
        if missing:
            _log.info("Decoding %d volumes into %s, once", len(missing), folder / "volumes")
            work = partial(_decode_to, preprocessing=preprocessing)
            for _ in each(work, missing, "Decoding volumes", processes):
                pass
        self.volumes: list[Volume] = [
            np.load(file) if in_memory else np.asarray(np.load(file, mmap_mode="r")) for file in self.files
        ]

    def __len__(self) -> int:
        return len(self.volumes)

    def __iter__(self) -> Iterator[Volume]:
        return iter(self.volumes)

    def __getitem__(self, index: int) -> Volume:
        return self.volumes[index]


def cache_file(path: Path, preprocessing: Preprocessing, folder: Path) -> Path:
    """Name the .npy file, which may not exist yet, of the decoded volume of a file in its present state."""
    if not path.is_file():
        raise ValueError(f"`paths` must name existing files, got {path}")
    state = path.stat()
    key = repr((FORMAT, str(path.resolve()), state.st_size, state.st_mtime_ns, preprocessing))
    name = path.name.removesuffix(".gz").removesuffix(".nii")
    return folder / f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:20]}.npy"


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
