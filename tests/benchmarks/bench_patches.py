"""Patches per second and core: the decoded cache against tio.Queue, on the same volumes.

Both deliver normalised float32 (32, 1, 64, 64) batches with at least half of each patch brain. The queue
reads the volumes lazily, 100 patches each time, as a TorchIO user would; nothing runs in workers. Time is CPU
time of the one process, one thread. Each repetition times every source, and has its own ratios.

    python tests/benchmarks/bench_patches.py --dataset_dir DIR --output DIR
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import torch
import torchio as tio
from report import peak_megabytes, table, write
from SimpleITK import ProcessObject

from monai_blurvae.data import (
    PatchDataset,
    Preprocessing,
    VolumeCache,
    find_volumes,
    make_patch_loader,
    make_queue_loader,
)

BATCH, PATCH, MIN_BRAIN, PER_VOLUME = 32, (64, 64), 0.5, 100
QUEUE = "tio.Queue, 100 patches a volume"


def cpu_seconds(loader, epoch: int) -> float:
    loader.sampler.set_epoch(epoch)
    start = time.process_time()
    for _ in loader:
        pass
    return time.process_time() - start


def queue_loader(paths: list[Path]):
    dataset = tio.SubjectsDataset(
        [tio.Subject(image=tio.ScalarImage(path)) for path in paths], transform=Preprocessing(min_size=PATCH)
    )
    batches = len(paths) * PER_VOLUME // BATCH
    return make_queue_loader(dataset, batches, BATCH, PATCH, MIN_BRAIN, PER_VOLUME)


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


def measure(paths: list[Path], folder: str, repetitions: int) -> dict:
    start = time.process_time()
    loaders = {"cache, in memory": cached_loader(paths, folder, in_memory=True)}
    decoding = (time.process_time() - start) / len(paths)
    loaders["cache, mapped from disk"] = cached_loader(paths, folder, in_memory=False)
    loaders[QUEUE] = queue_loader(paths)
    check_same_kind(loaders)
    rates = {name: [] for name in loaders}
    for epoch in range(repetitions):
        for name, loader in loaders.items():
            rates[name].append(len(loader) * BATCH / cpu_seconds(loader, epoch))
    return {
        "volumes": len(paths),
        "repetitions": repetitions,
        "decoding_cpu_seconds_per_volume": decoding,
        "peak_memory_mb": peak_megabytes(),
        "sources": {
            name: {
                "patches_per_cpu_second": statistics.median(values),
                "ratio_to_queue": statistics.median(a / b for a, b in zip(values, rates[QUEUE], strict=True)),
            }
            for name, values in rates.items()
        },
    }


def lines(result: dict) -> Iterator[str]:
    yield table(
        ["source", "patches per CPU second (one core)", "times tio.Queue"],
        [
            [name, f"{row['patches_per_cpu_second']:,.0f}", f"{row['ratio_to_queue']:.1f}"]
            for name, row in result["sources"].items()
        ],
    )
    yield ""
    yield (
        f"{result['volumes']} volumes, median of {result['repetitions']} repetitions; decoding, once:"
        f" {result['decoding_cpu_seconds_per_volume']:.2f} CPU seconds a volume; peak memory of all three"
        f" sources together: {result['peak_memory_mb']:.0f} MB."
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dataset_dir", type=Path, required=True, help="flat or BIDS folder of volumes")
    parser.add_argument("--output", type=Path, required=True, help="folder of patches.md and patches.json")
    parser.add_argument("--repetitions", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        result = measure(find_volumes(arguments.dataset_dir), folder, arguments.repetitions)
    write(arguments.output, "patches", result, "\n".join(lines(result)))


if __name__ == "__main__":
    main()
