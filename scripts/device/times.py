"""How long steps take: each method against L2, and what makes all of them faster."""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from scripts.device import measures
from scripts.device.case import Case, MissingError, Setting, loss_step
from scripts.device.context import TRAINED, Available, Context, Findings, headline
from scripts.device.results import table


def steps(context: Context) -> Findings:
    """Time training steps of all methods in turn, and single terms against the transforms they need."""
    settings = context.settings
    budget = context.budget / (2 * len(settings) + 1)
    for setting in settings:
        for amp in (False, True):
            yield _step_times(context, setting, amp, budget)
    yield _loss_times(context, settings[:2], budget)


def _step_times(context: Context, setting: Setting, amp: bool, budget: float) -> tuple[str, Any]:
    device, available = context.device, Available()
    image = setting.images(device)
    cases = available(lambda method: Case(method, setting, device, amp=amp))
    run = {name: (lambda case=case: case.step(image)) for name, case in cases.items()}
    taken = measures.interleaved(run, device, budget)
    figures = measures.against(taken, "l2")
    rows = []
    for name, row in figures.items():
        row["peak_mb"] = measures.peak_megabytes(run[name], device)
        rate = setting.batch / row["milliseconds"]["median"] * 1000
        memory = "" if row["peak_mb"] is None else f"{row['peak_mb']:,.0f}"
        ratio = measures.spread(row["ratio"], 3)
        rows.append([name, measures.spread(row["milliseconds"]), ratio, f"{rate:,.0f}", memory])
    columns = ["blur", "step, ms (quartiles)", "over L2 (quartiles)", "images/s", "memory of a step, MB"]
    precision = "bfloat16 autocast" if amp else "float32"
    repetitions = figures["l2"]["repetitions"]
    title = f"**Training step, {setting}, {precision}** ({repetitions} interleaved repetitions)"
    findings = {"setting": str(setting), "precision": precision, "rows": figures}
    return f"{title}\n\n{table(columns, rows)}{available}", findings


def _loss_times(context: Context, settings: tuple[Setting, ...], budget: float) -> tuple[str, Any]:
    device, available = context.device, Available()
    text, figures = [], {}
    for setting in settings:
        dims = list(range(-setting.spatial_dims, 0))
        x, x_hat = setting.images(device), setting.images(device, seed=1)

        def transforms(x: Tensor = x, x_hat: Tensor = x_hat, dims: list[int] = dims) -> Tensor:
            return torch.fft.irfftn(torch.fft.rfftn(x, dim=dims) - torch.fft.rfftn(x_hat, dim=dims), dim=dims)

        run = {"transforms": transforms}
        run |= available(lambda method, setting=setting: loss_step(method, setting, device))
        rows = measures.against(measures.interleaved(run, device, budget / len(settings)), "transforms")
        figures[str(setting)] = rows
        lines = [
            [name, measures.spread(row["milliseconds"]), measures.spread(row["ratio"])]
            for name, row in rows.items()
        ]
        columns = ["term", "with its gradient, ms (quartiles)", "over the transforms (quartiles)"]
        text.append(f"**Loss only, {setting}, float32**\n\n{table(columns, lines)}")
    note = "Transforms: two real FFTs and one inverse of the same batch, without a gradient."
    return "\n\n".join([*text, note]) + str(available), figures


def speed(context: Context) -> Findings:
    """State what share of the device's peak a step reaches, with the engine left out, and as a CUDA graph."""
    flops = _flops_per_image(context)
    peak = measures.ceilings(context.device, 8192 if context.cuda else 512)["tflops"]
    yield f"A step takes {flops / 1e9:.2f} GFLOP per image; matrix products reach {peak:.4g} TFLOP/s.", flops
    yield from _speeds(context, "Eager", flops / peak / 1e12)
    if context.cuda:
        yield from _speeds(context, "CUDA graph", flops / peak / 1e12, capturable=True)


def compilation(context: Context) -> Findings:
    """Time the same steps with a compiled forward pass."""
    flops = _flops_per_image(context)
    peak = measures.ceilings(context.device, 8192 if context.cuda else 512)["tflops"]
    yield from _speeds(context, "Compiled", flops / peak / 1e12, compile=True)


def _speeds(context: Context, kind: str, peak_seconds: float, **options: bool) -> Findings:
    """Time steps of two batch sizes. A size that fails is named and does not stop the other."""
    columns = ["method", "step, ms", "images/s", "share of the peak", "first step, s"]
    for batch in (8,) if context.short else (256, 1024):
        setting = replace(context.paper, batch=batch)
        rows, figures = [], {}
        for method in TRAINED:
            try:
                found = _speed(
                    Case(method, setting, context.device, amp=context.cuda, **options), kind, context
                )
            except MissingError:
                continue
            except Exception as error:
                rows.append([method, f"failed: {headline(error)}", "", "", ""])
                continue
            figures[method] = found
            rate = batch / found["seconds"]
            cells = [f"{1000 * found['seconds']:.2f}", f"{rate:,.0f}", f"{rate * peak_seconds:.1%}"]
            rows.append([method, *cells, f"{found['first']:.1f}"])
        findings = {"kind": kind, "batch": batch, **figures}
        yield f"**{kind}, {setting}**\n\n{table(columns, rows)}", findings


def _speed(case: Case, kind: str, context: Context) -> dict[str, float]:
    """Time a step without the engine around it, its noise drawn on the device."""
    device = case.device
    image, noise = case.setting.images(device), case.setting.noise(device)

    def step() -> None:
        case.update(image, noise.normal_())

    first = measures.seconds(step, device)
    run: Callable[[], object] = step
    if kind == "CUDA graph":
        start = time.perf_counter()
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                step()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            step()
        run, first = graph.replay, time.perf_counter() - start
    taken = measures.interleaved({"step": run}, device, 0.3 if context.short else 1.0)
    return {"seconds": statistics.median(taken["step"]), "first": first}


def _flops_per_image(context: Context) -> float:
    """Count the operations of convolutions and matrix products, forward and backward."""
    setting = replace(context.paper, batch=8)
    case = Case("l2", setting, context.device)
    with FlopCounterMode(display=False) as counter:
        case.gradients(setting.images(context.device), setting.noise(context.device))
    return counter.get_total_flops() / setting.batch
