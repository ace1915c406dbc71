"""Times that can be trusted: synchronised, interleaved, as medians and quartiles."""

import math
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch

Step = Callable[[], object]

SHORTEST = 0.05
"""Seconds that a repetition lasts at least on a GPU, so that synchronising costs nothing beside it."""


def synchronize(device: torch.device) -> None:
    """Wait until the device has done all it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def seconds(step: Step, device: torch.device, times: int = 1) -> float:
    """Wall-clock seconds of one step, the mean of `times` steps in a row."""
    synchronize(device)
    start = time.perf_counter()
    for _ in range(times):
        step()
    synchronize(device)
    return (time.perf_counter() - start) / times


def peak_megabytes(step: Step, device: torch.device) -> float | None:
    """Memory that a step takes on a GPU beyond what was allocated before it, in MB; None on a CPU."""
    if device.type != "cuda":
        return None
    synchronize(device)
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    step()
    return (torch.cuda.max_memory_allocated(device) - before) / 1e6


def interleaved(
    steps: Mapping[str, Step], device: torch.device, budget: float, least: int = 3, most: int = 100
) -> dict[str, list[float]]:
    """Time several steps in turn, so that whatever else the machine does meets all of them.

    Args:
        steps: what to time, by name; each is run three times first, untimed.
        device: the device they run on.
        budget: seconds to spend on the timed repetitions.
        least: repetitions at least, however long they take.
        most: repetitions at most.

    Returns:
        Seconds per step, one value per repetition.
    """
    for step in steps.values():
        seconds(step, device, 3)
    times_each = 1
    if device.type == "cuda":
        times_each = max(1, math.ceil(SHORTEST / min(seconds(step, device) for step in steps.values())))
    taken: dict[str, list[float]] = {name: [] for name in steps}
    start = time.perf_counter()
    for repetition in range(most):
        if repetition >= least and time.perf_counter() - start > budget:
            break
        for name, step in list(steps.items())[:: -1 if repetition % 2 else 1]:
            taken[name].append(seconds(step, device, times_each))
    return taken


def quartiles(values: list[float]) -> dict[str, float]:
    """Median and quartiles."""
    low, median, high = statistics.quantiles(values, n=4) if len(values) > 1 else values * 3
    return {"median": median, "low": low, "high": high}


def against(taken: Mapping[str, list[float]], baseline: str) -> dict[str, dict[str, Any]]:
    """Milliseconds of each step, and the quartiles of each repetition's ratio to the baseline's."""
    return {
        name: {
            "milliseconds": quartiles([1000 * value for value in values]),
            "ratio": quartiles([a / b for a, b in zip(values, taken[baseline], strict=True)]),
            "repetitions": len(values),
        }
        for name, values in taken.items()
    }


def spread(value: Mapping[str, float], digits: int = 2) -> str:
    """Write a median with its quartiles."""
    return f"{value['median']:.{digits}f} ({value['low']:.{digits}f} to {value['high']:.{digits}f})"


def machine(device: torch.device) -> dict[str, Any]:
    """What a time depends on besides the code."""
    facts: dict[str, Any] = {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else cpu_name(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load average": [round(load, 2) for load in os.getloadavg()] if hasattr(os, "getloadavg") else None,
    }
    if device.type == "cuda":
        facts["cudnn"] = torch.backends.cudnn.version()
        facts["TF32 in float32 convolutions"] = torch.backends.cudnn.allow_tf32
        facts["TF32 in float32 products"] = torch.backends.cuda.matmul.allow_tf32
        facts["memory_gb"] = torch.cuda.get_device_properties(device).total_memory / 1e9
    return facts


def cpu_name() -> str:
    """Name of the processor, as well as the system tells it, and the instructions that torch uses."""
    return f"{platform.processor() or platform.machine()}, {torch.backends.cpu.get_cpu_capability()}"


def ceilings(device: torch.device, size: int) -> dict[str, float]:
    """Measure the bfloat16 matrix product and the copy in memory: what no step can exceed.

    Args:
        device: device to measure.
        size: edge length of the square matrices.

    Returns:
        TFLOP/s of the product, and GB/s of the copy, bytes read and written.
    """
    a, b = torch.randn(2, size, size, device=device, dtype=torch.bfloat16)
    block = torch.randint(256, (size, size, 8), device=device, dtype=torch.uint8)
    copy = torch.empty_like(block)
    steps: dict[str, Step] = {"product": lambda: a @ b, "copy": lambda: copy.copy_(block)}
    taken = interleaved(steps, device, 1.0, most=10)
    return {
        "tflops": 2 * size**3 / statistics.median(taken["product"]) / 1e12,
        "copy_gb_s": 2 * block.numel() / statistics.median(taken["copy"]) / 1e9,
    }
