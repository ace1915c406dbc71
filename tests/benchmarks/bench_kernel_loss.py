"""The kernel loss with its gradient at 256x256 and 41x41: by Fourier transform and by grouped convolution.

    python tests/benchmarks/bench_kernel_loss.py --output DIR

Both compute || x (*) k - x_hat ||^2 of each image and its gradient to the kernels, in float32, on the same
tensors and one thread. They take turns; each figure is a median, and the ratio is the ratio of medians.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from report import table, write
from torch import Tensor
from torch.nn import functional

from monai_blurvae.functional import blur_error


def spatial_blur_error(x: Tensor, x_hat: Tensor, kernel: Tensor) -> Tensor:
    """Compute equation 12 with conv2d: circular padding, a group an image, channels as the batch."""
    height, width = (n // 2 for n in kernel.shape[1:])
    padded = functional.pad(x, (width, width, height, height), mode="circular").transpose(0, 1)
    blurred = functional.conv2d(padded, kernel.flip(1, 2)[:, None], groups=len(kernel)).transpose(0, 1)
    return (blurred - x_hat).square().flatten(1).sum(dim=1)


def step(
    error: Callable[[Tensor, Tensor, Tensor], Tensor], x: Tensor, x_hat: Tensor, kernel: Tensor
) -> Tensor:
    """Compute the loss and its gradient to the kernels, as the kernel step does."""
    kernel = kernel.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(error(x, x_hat, kernel).mean(), kernel)
    return gradient


def compare(batch: int, channels: int, size: int, kernel_size: int, repetitions: int) -> dict[str, float]:
    """Time both forms in turn, after one untimed step each, whose gradients must agree."""
    generator = torch.Generator().manual_seed(0)
    x, x_hat = torch.rand(2, batch, channels, size, size, generator=generator) * 2 - 1
    kernel = torch.rand(batch, kernel_size**2, generator=generator).softmax(dim=1)
    tensors = x, x_hat, kernel.reshape(batch, kernel_size, kernel_size)
    forms = {"fft": blur_error, "conv2d": spatial_blur_error}
    gradients = [step(form, *tensors) for form in forms.values()]
    difference = float((gradients[0] - gradients[1]).norm() / gradients[1].norm())
    if difference > 1e-3:
        raise RuntimeError(f"the two forms' gradients differ by {difference:.1e} of their norm")
    times: dict[str, list[float]] = {name: [] for name in forms}
    for _ in range(repetitions):
        for name, form in forms.items():
            start = time.perf_counter()
            step(form, *tensors)
            times[name].append(1000 * (time.perf_counter() - start))
    medians = {name: statistics.median(values) for name, values in times.items()}
    return {
        "batch": batch,
        "channels": channels,
        "fft_ms": medians["fft"],
        "conv2d_ms": medians["conv2d"],
        "ratio": medians["conv2d"] / medians["fft"],
        "gradient_difference": difference,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--output", type=Path, required=True, help="folder of kernel_loss.json and kernel_loss.md"
    )
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--kernel_size", type=int, default=41)
    parser.add_argument("--repetitions", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    setting = {name: getattr(arguments, name) for name in ("size", "kernel_size", "repetitions")}
    rows = [compare(arguments.batch, channels, **setting) for channels in (1, 3)]
    text = table(
        ["batch x channels", "FFT, ms", "grouped conv2d, ms", "ratio"],
        [
            [
                f"{row['batch']} x {row['channels']}",
                f"{row['fft_ms']:.1f}",
                f"{row['conv2d_ms']:.0f}",
                f"{row['ratio']:.0f}",
            ]
            for row in rows
        ],
    )
    note = (
        f"Kernel loss and its gradient, images {arguments.size}x{arguments.size}, kernels"
        f" {arguments.kernel_size}x{arguments.kernel_size}; medians of {arguments.repetitions} repetitions."
    )
    write(arguments.output, "kernel_loss", {**setting, "rows": rows}, f"{text}\n\n{note}")


if __name__ == "__main__":
    main()
