"""Compare the Watson loss with its authors' code, in values and gradients.

    python scripts/compare_watson.py CHECKOUT

CHECKOUT is a working copy of github.com/SteffenCzolbe/PerceptualSimilarity. Images are compared one by one,
since the authors take the mean luminance over the batch, and with the grid of blocks at rest. The images are
random fields whose spectrum falls as 1 / frequency, as photographs' do; the reconstructions are blurred, with
noise.
"""

import argparse
import sys
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor

from monai_blurvae.functional import circular_blur, gaussian_kernel
from monai_blurvae.losses import WatsonLoss

VALUE_TOLERANCE, GRADIENT_TOLERANCE = 1e-5, 3e-2
"""Largest relative differences that pass. The gradient of a phase is 1 / amplitude: one frequency whose
amplitude happens to be near our floor of 1e-7 can make up most of a gradient's norm."""


def authors_loss(checkout: Path, channels: int) -> Any:  # noqa: ANN401
    """Load the authors' class with its released weights.

    Args:
        checkout: working copy of their repository.
        channels: 1 or 3.

    Returns:
        Their loss of images in [0, 1].

    Raises:
        FileNotFoundError: If `checkout` is not such a working copy.
    """
    folder = checkout / "src" / "loss"
    if not (folder / "watson_fft.py").is_file():
        raise FileNotFoundError(f"CHECKOUT must hold src/loss/watson_fft.py, got {checkout}")
    if not hasattr(torch, "rfft"):  # their torch had it
        torch.rfft = lambda x, signal_ndim: torch.view_as_real(
            torch.fft.rfftn(x, dim=(-2, -1)[-signal_ndim:])
        )
    sys.path.insert(0, str(folder))
    from color_wrapper import ColorWrapper
    from watson_fft import WatsonDistanceFft

    options = {"reduction": "none"}
    loss = ColorWrapper(WatsonDistanceFft, (), options) if channels == 3 else WatsonDistanceFft(**options)
    loss.load_state_dict(torch.load(weight_file(checkout, channels), map_location="cpu", weights_only=True))
    return loss


def weight_file(checkout: Path, channels: int) -> Path:
    """Name the authors' weight file.

    Args:
        checkout: working copy of their repository.
        channels: 1 or 3.

    Returns:
        The file.
    """
    kind = "rgb" if channels == 3 else "gray"
    return checkout / "src" / "loss" / "weights" / f"{kind}_watson_fft_trial0.pth"


def pair(channels: int, size: int, seed: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Draw an image and a reconstruction.

    Args:
        channels: 1 or 3.
        size: edge length in pixels.
        seed: of the random numbers.
        dtype: type of the result.

    Returns:
        Both in [0, 1], (1, channels, size, size).
    """
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(2, channels, size, size, generator=generator, dtype=torch.float64)
    frequency = torch.hypot(torch.fft.fftfreq(size)[:, None], torch.fft.rfftfreq(size)).clamp_min(1 / size)
    field = torch.fft.irfft2(torch.fft.rfft2(noise[:1]) / frequency, s=(size, size))
    image = (0.5 + 0.2 * field / field.std()).clamp(0, 1)
    blurred = circular_blur(image, gaussian_kernel(1.0, (5, 5)).double()[None])
    return (blurred + 0.01 * noise[1:]).clamp(0, 1).to(dtype), image.to(dtype)


def difference(one: Tensor, other: Tensor) -> float:
    """Measure a relative difference.

    Args:
        one: tensor.
        other: tensor of the same shape, the reference.

    Returns:
        Norm of the difference over the norm of `other`.
    """
    return float((one - other).detach().norm() / other.detach().norm())


def summary(name: str, values: list[float]) -> str:
    """Say median and maximum.

    Args:
        name: of what was measured.
        values: one per image.

    Returns:
        A phrase.
    """
    return f"{name} {median(values):.1e} (largest {max(values):.1e})"


def main() -> int:
    """Compare, and print a line for each kind of image.

    Returns:
        0 where every difference is within its tolerance, else 1.
    """
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--size", type=int, default=64, help="edge length of the images in pixels")
    parser.add_argument("--images", type=int, default=16, help="number of images of each kind")
    options = parser.parse_args()
    failed = False
    print(f"{options.images} images of {options.size} x {options.size}: relative differences")
    for channels in (1, 3):
        for dtype in (torch.float64, torch.float32):
            theirs = authors_loss(options.checkout, channels).to(dtype)
            ours = WatsonLoss(weight_file(options.checkout, channels), shift=False)
            values, gradients = [], []
            for seed in range(options.images):
                x_hat, x = pair(channels, options.size, seed, dtype)
                x_hat.requires_grad_()
                wanted, given = theirs(x_hat, x), ours(2 * x_hat - 1, 2 * x - 1)
                values.append(difference(given, wanted))
                both = [torch.autograd.grad(value.sum(), x_hat)[0] for value in (given, wanted)]
                gradients.append(difference(*both))
            failed |= not (max(values) <= VALUE_TOLERANCE and max(gradients) <= GRADIENT_TOLERANCE)
            print(
                f"{channels} channels, {dtype}: {summary('value', values)}, {summary('gradient', gradients)}"
            )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
