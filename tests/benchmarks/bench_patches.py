"""Patches per second and core: the decoded cache against tio.Queue, on the same volumes.

    python -m tests.benchmarks.bench_patches VOLUMES OUT

All deliver normalised float32 (32, 1, 64, 64) batches with at least half of each patch brain. The queue reads
the volumes lazily, 100 patches each time, as a TorchIO user would. Time is CPU time of the one process and
thread; a repetition times every source, and has its own ratios. Decoding happens once, outside the ratio.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch
import torchio as tio
from SimpleITK import ProcessObject

from monai_blurvae.data import (
    PatchDataset,
    Preprocessing,
    VolumeCache,
    find_volumes,
    make_patch_loader,
    make_queue_loader,
)
from scripts.device.results import Results, table

BATCH, PATCH, MIN_BRAIN, PER_VOLUME, REPETITIONS = 32, (64, 64), 0.5, 100, 5
QUEUE = "tio.Queue, 100 patches a volume"


def queue_loader(paths: list[Path]):
    subjects = [tio.Subject(image=tio.ScalarImage(path)) for path in paths]
    dataset = tio.SubjectsDataset(subjects, transform=Preprocessing(min_size=PATCH))
    return make_queue_loader(dataset, len(paths) * PER_VOLUME // BATCH, BATCH, PATCH, MIN_BRAIN, PER_VOLUME)


def cached_loader(paths: list[Path], folder: str, in_memory: bool):
    cache = VolumeCache(paths, Preprocessing(min_size=PATCH), folder, in_memory)
    return make_patch_loader(PatchDataset(cache, BATCH, PATCH, MIN_BRAIN), batches_per_epoch=2000)


def check_same_kind(loaders: dict) -> None:
    for name, loader in loaders.items():
        image = next(iter(loader))["image"]
        share = (image > -1).float().mean(dim=(1, 2, 3)).min()
        assert image.shape == (BATCH, 1, *PATCH), name
        assert image.dtype == torch.float32, name
        assert share >= MIN_BRAIN, name
        assert image.min() == -1, name
        assert image.max() <= 1, name


def rate(loader, epoch: int) -> float:
    """Patches per CPU second."""
    loader.sampler.set_epoch(epoch)
    start = time.process_time()
    for _ in loader:
        pass
    return len(loader) * BATCH / (time.process_time() - start)


def main(volumes: str, folder: str) -> None:
    torch.set_num_threads(1)
    ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    torch.manual_seed(0)
    paths = find_volumes(Path(volumes))
    with tempfile.TemporaryDirectory() as cache:
        start = time.process_time()
        loaders = {"cache, in memory": cached_loader(paths, cache, in_memory=True)}
        decoding = (time.process_time() - start) / len(paths)
        loaders["cache, mapped from disk"] = cached_loader(paths, cache, in_memory=False)
        loaders[QUEUE] = queue_loader(paths)
        check_same_kind(loaders)
        rates = {name: [] for name in loaders}
        for epoch in range(REPETITIONS):
            for name, loader in loaders.items():
                rates[name].append(rate(loader, epoch))
    rows = []
    for name, values in rates.items():
        ratio = statistics.median(a / b for a, b in zip(values, rates[QUEUE], strict=True))
        rows.append([name, f"{statistics.median(values):,.0f}", f"{ratio:.1f}"])
    columns = ["source", "patches per CPU second (one core)", "times tio.Queue"]
    note = f"{len(paths)} volumes, medians of {REPETITIONS}; decoding: {decoding:.2f} CPU seconds per volume."
    text = f"{table(columns, rows)}\n\n{note}"
    print(text)
    results = Results(Path(folder))
    results.start("patches")
    results.add("patches", text, rates)
    results.end("patches")


if __name__ == "__main__":
    main(*sys.argv[1:])
