"""The kernel loss and its gradient, by Fourier transform and by grouped convolution.

    python -m tests.benchmarks.bench_kernel_loss OUT

Both compute || x (*) k - x_hat ||^2 of each image and its gradient to the kernels, in float32, on the same
tensors, in turn.
"""

import sys
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from monai_blurvae.functional import blur_error
from scripts.device.measures import against, interleaved, spread
from scripts.device.results import Results, table

BATCH, SIZE, KERNEL, SECONDS = 8, 256, 41, 20.0


def spatial_blur_error(x: Tensor, x_hat: Tensor, kernel: Tensor) -> Tensor:
    """Compute equation 12 with conv2d: circular padding, a group per image, channels as the batch."""
    height, width = (n // 2 for n in kernel.shape[1:])
    padded = functional.pad(x, (width, width, height, height), mode="circular").transpose(0, 1)
    blurred = functional.conv2d(padded, kernel.flip(1, 2)[:, None], groups=len(kernel)).transpose(0, 1)
    return (blurred - x_hat).square().flatten(1).sum(dim=1)


def main(folder: str) -> None:
    results = Results(Path(folder))
    results.start("kernel loss")
    for channels in (1, 3):
        generator = torch.Generator().manual_seed(0)
        x, x_hat = torch.rand(2, BATCH, channels, SIZE, SIZE, generator=generator) * 2 - 1
        kernel = torch.rand(BATCH, KERNEL**2, generator=generator).softmax(dim=1)
        kernel = kernel.reshape(BATCH, KERNEL, KERNEL).requires_grad_()

        def gradient(error, x=x, x_hat=x_hat, kernel=kernel) -> Tensor:
            return torch.autograd.grad(error(x, x_hat, kernel).mean(), kernel)[0]

        forms = {"FFT": blur_error, "grouped conv2d": spatial_blur_error}
        one, other = (gradient(form) for form in forms.values())
        assert (one - other).norm() < 1e-3 * other.norm()
        steps = {name: (lambda form=form: gradient(form)) for name, form in forms.items()}
        figures = against(interleaved(steps, torch.device("cpu"), SECONDS), "FFT")
        rows = [
            [name, *(spread(row[key]) for key in ("milliseconds", "ratio"))] for name, row in figures.items()
        ]
        title = f"{BATCH} images {SIZE}x{SIZE}x{channels}, kernels {KERNEL}x{KERNEL}:"
        text = f"{title}\n\n{table(['form', 'ms (quartiles)', 'over FFT'], rows)}"
        print(text)
        results.add("kernel loss", text, figures)
    results.end("kernel loss")


if __name__ == "__main__":
    main(sys.argv[1])
