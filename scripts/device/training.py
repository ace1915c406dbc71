"""Training from packed patches to quality, by the project's engine, each method for as many steps."""

from pathlib import Path

import torch
from torch import Tensor

from scripts.device import measures, patches
from scripts.device.case import Case, Setting
from scripts.device.context import TRAINED, Available, Context, Findings
from scripts.device.results import table

EPOCHS, MOST_STEPS, RATE = 10, 6000, 1e-3

Curve = list[tuple[int, float, float]]
"""After each epoch: steps so far, mean loss in nats, PSNR of the test patches in dB."""


def training(context: Context) -> Findings:
    """Train each method on patches that lie on the device, and compare pace and quality."""
    device, setting, amp = context.device, context.paper, context.cuda
    train, test = patches.load(context.data, setting.size, device)
    generator = torch.Generator(device).manual_seed(0)
    images = test.batch(64 if context.short else 512, generator)
    count = 4 * setting.batch
    rate = count / measures.seconds(lambda: train.batch(count, generator), device, 20)
    text = f"Random patches of {len(train.slices)} slices on the device: {rate:,.0f} patches/s."
    yield text, {"patches_per_second": rate}

    available = Available()
    alone = available(lambda method: _seconds_alone(method, setting, context), TRAINED)
    steps = 0.75 * context.budget / sum(alone.values())
    length = max(2, int(min(steps, MOST_STEPS) / EPOCHS))
    rows, curves, pictures = [], {}, {"input": images[:8]}
    for method in alone:
        case = Case(method, setting, device, amp=amp, warmup_epochs=1)
        loader = patches.Loader(train, setting.batch, length)
        curves[method], seconds = _train(case, loader, images)
        x_hat, quality = case.evaluate(images)
        pictures[method] = x_hat[:8]
        done = EPOCHS * length
        cells = [f"{quality[name]:.{digits}f}" for name, digits in DIGITS.items()]
        per_second, share = done * setting.batch / seconds, done * alone[method] / seconds
        pace = [f"{seconds:.1f}", f"{per_second:,.0f}", f"{share:.2f}"]
        rows.append([method, *cells, *pace])
    quality_columns = ["PSNR, dB", "SSIM", "resolved, cycles/pixel", "KL, nats"]
    columns = ["method", *quality_columns, "seconds", "images/s", "share"]
    note = (
        f"{setting}, {'bfloat16' if amp else 'float32'}, {EPOCHS} epochs of {length} steps, Adam {RATE:g}"
        " that falls along a cosine, beta 1, optimal scale, the first epoch the network's warm-up;"
        f" {len(images)} test patches. Share: time of as many steps on one synthetic batch, over the"
        " training's, validation included."
    )
    yield f"{table(columns, rows)}\n\n{note}{available}", {"rows": rows, "curves": curves}
    _draw(context.out / "picture.png", pictures, curves)
    yield "![](picture.png)", None


DIGITS = {"psnr": 2, "ssim": 3, "resolved": 3, "kl": 1}


def _seconds_alone(method: str, setting: Setting, context: Context) -> float:
    """Seconds of a step on one synthetic batch."""
    case, image = Case(method, setting, context.device, amp=context.cuda), setting.images(context.device)
    measures.seconds(lambda: case.step(image), context.device, 5)
    return measures.seconds(lambda: case.step(image), context.device, 5 if context.short else 30)


def _train(case: Case, loader: patches.Loader, images: Tensor) -> tuple[Curve, float]:
    """Train, and return the curve and the seconds it took."""
    curve: Curve = []

    def report(epoch: int, loss: float) -> None:
        curve.append((epoch * len(loader), loss, case.evaluate(images)[1]["psnr"]))

    seconds = measures.seconds(lambda: case.train(loader, EPOCHS, RATE, report), case.device)
    return curve, seconds


def _draw(file: Path, pictures: dict[str, Tensor], curves: dict[str, Curve]) -> None:
    """Draw inputs and reconstructions, a row each, and the curves of loss and PSNR below."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    height = 1.3 * len(pictures)
    figure = plt.figure(figsize=(10, height + 3.2), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=[height, 3.2])
    axes = above.subplots(len(pictures), 1, squeeze=False)[:, 0]
    for axis, (name, batch) in zip(axes, pictures.items(), strict=True):
        axis.imshow(torch.cat(list(batch[:, 0].cpu()), dim=1), cmap="gray", vmin=-1, vmax=1)
        axis.set(xticks=[], yticks=[], ylabel=name)
    axes = below.subplots(1, 2)
    for axis, column, label in ((axes[0], 1, "loss, nats"), (axes[1], 2, "PSNR of test patches, dB")):
        for name, curve in curves.items():
            axis.plot([point[0] for point in curve], [point[column] for point in curve], label=name)
        axis.set(xlabel="steps", ylabel=label)
    axes[0].legend()
    figure.savefig(file, dpi=100)
    plt.close(figure)
