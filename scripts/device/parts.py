"""What is checked, part by part. A part yields Markdown and the numbers behind it, as soon as it has them."""

import math
import statistics
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from scripts.device import measures, patches
from scripts.device.case import METHODS, Case, MissingError, Setting, loss_step
from scripts.device.results import table

Findings = Iterator[tuple[str, Any]]

TERM_TOLERANCE, GRADIENT_TOLERANCE = 1e-4, 1e-3
"""Largest relative difference of a term, and of the gradient's norm, from the float64 reference."""

TRAINED = ("l2", "network", "measured")
"""The methods that are trained, traced and tuned for speed."""

PAPER = Setting(64, 1, 256, 11, (64, 128, 256, 512))
"""Architecture 1 on grey patches, as the paper trains it."""

FULL = (
    replace(PAPER, channels=3),
    Setting(256, 3, 32, 41, (64, 128, 256, 512, 512, 512)),
    Setting(32, 1, 8, 11, (64, 128, 256), spatial_dims=3),
)
TINY = Setting(32, 1, 8, 5, (8, 16), latent=8, hidden=16)
SHORT = (replace(TINY, channels=3), Setting(16, 1, 2, 5, (4, 8), latent=8, hidden=16, spatial_dims=3))


class CheckError(Exception):
    """The project does not do what it should on this device."""


@dataclass(frozen=True)
class Context:
    """Where and how thoroughly to check."""

    device: torch.device
    out: Path
    data: Path | None
    short: bool
    budget: float
    """Seconds that a part may spend on measuring."""

    @property
    def cuda(self) -> bool:
        """Whether the device is a GPU."""
        return self.device.type == "cuda"

    @property
    def paper(self) -> Setting:
        """The setting to train: the paper's, or a tiny one in the short form."""
        return TINY if self.short else PAPER


@dataclass
class Available:
    """The methods that this version of the project has; the names of the others are kept."""

    missing: dict[str, str] = field(default_factory=dict)

    def __call__(self, make: Callable[[str], Any], methods: tuple[str, ...] = METHODS) -> dict[str, Any]:
        """Make something for every method there is."""
        made = {}
        for method in methods:
            try:
                made[method] = make(method)
            except MissingError as error:
                self.missing[method] = str(error)
        return made

    def __str__(self) -> str:
        """Name what is missing."""
        return f"\n\nSkipped: {'; '.join(self.missing.values())}." if self.missing else ""


def machine(context: Context) -> Findings:
    """State the machine, and measure what bounds every step."""
    facts = measures.machine(context.device)
    facts |= measures.ceilings(context.device, 8192 if context.cuda else 512)
    rows = [[name, f"{value:.4g}" if isinstance(value, float) else value] for name, value in facts.items()]
    yield table(["machine", ""], rows), facts


def difference(values: dict[str, Tensor], reference: dict[str, Tensor]) -> float:
    """Norm of the difference of two sets of tensors, over the reference's norm."""
    pairs = [(values[name].cpu().double(), value.cpu().double()) for name, value in reference.items()]
    squares = sum(float((a - b).square().sum()) for a, b in pairs)
    return math.sqrt(squares / sum(float(b.square().sum()) for _, b in pairs))


def equality(context: Context) -> Findings:
    """Compare a step in float32 with the CPU's in float64, and two runs with each other, bit for bit."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    setting = replace(context.paper, batch=8)
    cpu = torch.device("cpu")
    available = Available()
    methods = tuple(available(lambda method: Case(method, setting, cpu)))
    devices = [cpu, context.device] if context.cuda else [cpu]
    rows, failed = [], []
    for method in methods:
        reference = _second_step(Case(method, setting, cpu, dtype=torch.float64), torch.float64)
        for device in devices:
            terms, gradients = _second_step(Case(method, setting, device), torch.float32)
            of_terms = max(
                float(abs(terms[name].cpu().double() - value) / (1 + abs(value)))
                for name, value in reference[0].items()
            )
            of_gradients = difference(gradients, reference[1])
            within = of_terms < TERM_TOLERANCE and of_gradients < GRADIENT_TOLERANCE
            if not within:
                failed.append(f"{method} on {device.type}")
            rows.append(
                [method, device.type, f"{of_terms:.1e}", f"{of_gradients:.1e}", "yes" if within else "NO"]
            )
    note = (
        f"One batch, {setting}, float32 (TF32 off), against the CPU in float64, from the same weights and noise."
        f" Tolerance: {TERM_TOLERANCE:g} of each term, {GRADIENT_TOLERANCE:g} of the gradient's norm."
    )
    columns = ["method", "device", "largest difference of a term", "of the gradient", "within tolerance"]
    yield f"{table(columns, rows)}\n\n{note}{available}", rows
    yield _two_runs(context, setting, methods)
    if failed:
        raise CheckError(f"not equal within tolerance: {', '.join(failed)}")


def _second_step(case: Case, dtype: torch.dtype) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Terms and gradients of a second batch: what is measured over batches has been measured then."""
    for seed in range(2):
        image, noise = (
            make(case.device, seed).to(dtype) for make in (case.setting.images, case.setting.noise)
        )
        terms, gradients = case.gradients(image, noise)
    return terms, gradients


def _two_runs(context: Context, setting: Setting, methods: tuple[str, ...]) -> tuple[str, Any]:
    """Compare the weights after five steps of two identical runs."""
    rows = []
    image = setting.images(context.device)
    for method in methods:
        for amp in (False, True):
            runs = []
            for _ in range(2):
                case = Case(method, setting, context.device, amp=amp)
                for _ in range(5):
                    case.step(image)
                runs.append({name: value.detach() for name, value in case.parameters().items()})
            equal = all(torch.equal(value, runs[1][name]) for name, value in runs[0].items())
            apart = "bit-equal" if equal else f"{difference(*runs):.1e} of their norm apart"
            rows.append([method, "bfloat16" if amp else "float32", apart])
    text = table(["method", "precision", "weights of two runs after five steps"], rows)
    return text, rows


def steps(context: Context) -> Findings:
    """Time training steps of all methods in turn, and the terms alone against the transforms they need."""
    settings = SHORT if context.short else FULL
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
        text.append(f"**Loss alone, {setting}, float32**\n\n{table(columns, lines)}")
    note = "Transforms: two real FFTs and one inverse of the same batch, without a gradient."
    return "\n\n".join([*text, note]) + str(available), figures


def training(context: Context) -> Findings:
    """Train each method for the same number of steps, by the project's engine, on patches held on the device."""
    device, setting, amp = context.device, context.paper, context.cuda
    train, test = patches.load(context.data, setting.size, device)
    generator = torch.Generator(device).manual_seed(0)
    images = test.batch(64 if context.short else 512, generator)
    draw = measures.seconds(lambda: train.batch(4 * setting.batch, generator), device, 20)
    rate = f"Random patches of {len(train.slices)} slices on the device: {4 * setting.batch / draw:,.0f} patches/s."
    yield rate, {"patches_per_second": 4 * setting.batch / draw}

    available = Available()
    synthetic = setting.images(device)
    methods = available(lambda method: Case(method, setting, device, amp=amp), TRAINED)
    alone = {}
    for method, case in methods.items():
        measures.seconds(lambda case=case: case.step(synthetic), device, 5)
        alone[method] = measures.seconds(
            lambda case=case: case.step(synthetic), device, 3 if context.short else 30
        )
    epochs = 10
    length = int(min(600, max(2, 0.75 * context.budget / sum(alone.values()) / epochs)))
    rows, curves, pictures = [], {}, {"input": images[:8]}
    for method in methods:
        case = Case(method, setting, device, amp=amp, warmup_epochs=1)
        curve: list[tuple[int, float, float]] = []

        def report(epoch: int, loss: float, case: Case = case, curve: list[Any] = curve) -> None:
            curve.append((epoch * length, loss, case.evaluate(images)[1]["psnr"]))

        loader = patches.Loader(train, setting.batch, length)
        seconds = measures.seconds(lambda: case.train(loader, epochs, 1e-3, report), device)
        x_hat, quality = case.evaluate(images)
        curves[method], pictures[method] = curve, x_hat[:8]
        through = epochs * length * setting.batch / seconds
        share = epochs * length * alone[method] / seconds
        rows.append(
            [
                method,
                f"{quality['psnr']:.2f}",
                f"{quality['ssim']:.3f}",
                f"{quality['resolved']:.3f}",
                f"{quality['kl']:.1f}",
                f"{seconds:.1f}",
                f"{through:,.0f}",
                f"{share:.2f}",
            ]
        )
    columns = [
        "method",
        "PSNR, dB",
        "SSIM",
        "resolved, cycles/pixel",
        "KL, nats",
        "seconds",
        "images/s",
        "share",
    ]
    note = (
        f"{setting}, {'bfloat16' if amp else 'float32'}, {epochs} epochs of {length} steps, Adam 1e-3 falling along a"
        f" cosine, beta 1, optimal scale, the network's first epoch its warm-up; {len(images)} test patches."
        " Share: time of the same steps on one synthetic batch, over the training's, validation included."
    )
    yield f"{table(columns, rows)}\n\n{note}{available}", {"rows": rows, "curves": curves}
    _draw(context.out / "picture.png", pictures, curves)
    yield "![](picture.png)", None


def _draw(file: Path, pictures: dict[str, Tensor], curves: dict[str, list[tuple[int, float, float]]]) -> None:
    """Draw inputs and reconstructions, a row each, and the curves of loss and PSNR below."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure = plt.figure(figsize=(10, 1.3 * len(pictures) + 3.2), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=[1.3 * len(pictures), 3.2])
    for row, (name, batch) in zip(
        above.subplots(len(pictures), 1, squeeze=False)[:, 0], pictures.items(), strict=True
    ):
        row.imshow(torch.cat(list(batch[:, 0].cpu()), dim=1), cmap="gray", vmin=-1, vmax=1)
        row.set(xticks=[], yticks=[], ylabel=name)
    axes = below.subplots(1, 2)
    for axis, column, label in ((axes[0], 1, "loss, nats"), (axes[1], 2, "PSNR of test patches, dB")):
        for name, curve in curves.items():
            axis.plot([point[0] for point in curve], [point[column] for point in curve], label=name)
        axis.set(xlabel="steps", ylabel=label)
    axes[0].legend()
    figure.savefig(file, dpi=100)
    plt.close(figure)


WAITS = ("cudaStreamSynchronize", "cudaDeviceSynchronize", "aten::item", "aten::_local_scalar_dense")
LAUNCHES = ("cudaLaunchKernel", "cudaLaunchKernelExC", "cuLaunchKernel", "cuLaunchKernelEx")


def trace(context: Context) -> Findings:
    """Trace the trainer's steps: the longest kernels, how busy the GPU is, and where the host waits for it."""
    device, setting, count = context.device, context.paper, 5
    available = Available()
    cases = available(lambda method: Case(method, setting, device, amp=context.cuda), TRAINED)
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
        " `measures.seconds` itself waits twice in all (cudaDeviceSynchronize). Lines at which a step waits for the GPU:\n\n"
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


def speed(context: Context) -> Findings:
    """State what share of the device's peak a step reaches, with the engine left out, and as a CUDA graph."""
    flops = _flops_per_image(context)
    peak = measures.ceilings(context.device, 8192 if context.cuda else 512)["tflops"]
    yield f"A step takes {flops / 1e9:.2f} GFLOP per image; matrix products reach {peak:.4g} TFLOP/s.", flops
    yield from _speeds(context, "eager", flops / peak / 1e12)
    if context.cuda:
        yield from _speeds(context, "CUDA graph", flops / peak / 1e12, capturable=True)


def compilation(context: Context) -> Findings:
    """Time the same steps with a compiled forward pass."""
    flops = _flops_per_image(context)
    peak = measures.ceilings(context.device, 8192 if context.cuda else 512)["tflops"]
    yield from _speeds(context, "compiled", flops / peak / 1e12, compile=True)


def _speeds(context: Context, kind: str, peak_seconds: float, **options: bool) -> Findings:
    """Time steps of two batch sizes; what fails is named, and does not stop the others."""
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
        yield f"**{kind.capitalize()}, {setting}**\n\n{table(columns, rows)}", findings


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


def headline(error: Exception) -> str:
    """First line of an error's message."""
    return (str(error) or type(error).__name__).splitlines()[0][:200]


PARTS: dict[str, Callable[[Context], Findings]] = {
    part.__name__: part for part in (machine, equality, steps, training, trace, speed, compilation)
}
