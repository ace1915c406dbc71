"""Where a step's time goes: the longest kernels, how busy the GPU is, and where the host waits for it."""

import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from scripts.device import measures
from scripts.device.case import Case
from scripts.device.context import Available, Context, Findings
from scripts.device.results import table

WAITS = ("cudaStreamSynchronize", "cudaDeviceSynchronize", "aten::item", "aten::_local_scalar_dense")
LAUNCHES = ("cudaLaunchKernel", "cudaLaunchKernelExC", "cuLaunchKernel", "cuLaunchKernelEx")


def trace(context: Context) -> Findings:
    """Trace the trainer's steps."""
    device, setting, count = context.device, context.paper, 5
    available = Available()
    cases = available(lambda method: Case(method, setting, device, amp=context.cuda))
    image = setting.images(device)
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if context.cuda else [])]
    own_time = "self_device_time_total" if context.cuda else "self_cpu_time_total"
    rows, figures = [], {}
    for name, case in cases.items():
        step = measures.seconds(lambda case=case: case.step(image), device, 5)
        step = measures.seconds(lambda case=case: case.step(image), device, 10)
        with profile(activities=activities) as profiler:
            measures.seconds(lambda case=case: case.step(image), device, count)
        events = profiler.key_averages()
        calls = Counter({event.key: event.count for event in events})
        busy = sum(event.self_device_time_total for event in events if _is_kernel(event)) / 1e6 / count
        figures[name] = {
            "milliseconds": 1000 * step,
            "busy": busy / step,
            "launches": sum(calls[key] for key in LAUNCHES) / count,
            "waits": {key: calls[key] / count for key in WAITS},
            "where": _waiting_lines(case, image) if context.cuda else {},
        }
        with (context.out / "trace.txt").open("a", encoding="utf-8") as file:
            listed = events.table(sort_by=own_time, row_limit=25, max_name_column_width=70)
            file.write(f"{name}, {setting}, {count} steps\n{listed}\n\n")
        found = figures[name]
        rows.append([name, f"{1000 * step:.2f}", f"{busy / step:.0%}", f"{found['launches']:.0f}"])
        rows[-1] += [f"{found['waits'][key]:g}" for key in WAITS]
    columns = ["method", "step, ms", "GPU busy", "kernel launches", *WAITS]
    lines = [
        f"- {name}, {line}: {times}"
        for name, found in figures.items()
        for line, times in found["where"].items()
    ]
    note = (
        f"Per step; {setting}, {'bfloat16' if context.cuda else 'float32'}. Longest operations: trace.txt."
        " The timing itself synchronises the device twice. Lines at which a step waits for the GPU:\n\n"
    )
    yield f"{table(columns, rows)}\n\n{note}{chr(10).join(lines) or 'none'}{available}", figures


def _is_kernel(event: Any) -> bool:  # noqa: ANN401
    """Tell work of the GPU from the host's, and from ranges that the host marked."""
    return event.device_type.name == "CUDA" and not getattr(event, "is_user_annotation", False)


def _waiting_lines(case: Case, image: Tensor) -> dict[str, int]:
    """Find the lines of Python at which a step waits for the GPU."""
    measures.synchronize(case.device)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            case.step(image)
        finally:
            torch.cuda.set_sync_debug_mode("default")
    found = [w for w in caught if "synchronizing" in str(w.message)]
    return dict(Counter(f"{'/'.join(Path(w.filename).parts[-3:])}:{w.lineno}" for w in found))
