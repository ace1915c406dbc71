"""Draw the figures of README.md, explanation, doors and the gallery's cards: `python docs/figures.py`.

All but the explanation's are cut from pictures that the repository holds. The blurred slice is nilearn's
ICBM152 template.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from monai_blurvae.functional import (
    circular_blur,
    gaussian_kernel,
    radial_power,
    ring_frequencies,
    taper,
    transfer_function,
    wiener_power,
)

DOCS = Path(__file__).parent
IMAGES = DOCS / "images"
CONSTANTS = (0.005, 0.025, 0.05, 0.1, 0.3)
VARIANCE = 1.5
"""Of the blur in the figure, in pixels squared."""


def save(figure: Figure, name: str) -> None:
    """Write a figure as a small PNG."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    write(Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3]), name)


def write(picture: Image.Image, name: str) -> None:
    """Write a picture with at most 128 colours."""
    path = IMAGES / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.convert("RGB").quantize(128).save(path, optimize=True)


def label(axes: Axes, title: str, x: str, y: str) -> None:
    """Name a plot and its axes, with a faint grid."""
    axes.set_title(title, fontsize=11)
    axes.set(xlabel=x, ylabel=y)
    axes.grid(color="0.92")


def wiener_weights() -> None:
    """Draw abs(w)^2 over K, without and with the floor 1 / (1 + C)^2."""
    K = torch.linspace(0, 1, 501)[None]
    figure = Figure(figsize=(7, 4.2), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    for i, C in enumerate(CONSTANTS):
        weights, floor = wiener_power(torch.complex(K, 0 * K), C), 1 / (1 + C) ** 2
        floored = weights.clamp_min(floor)
        axes.semilogy(K[0].numpy(), floored[0].numpy(), "--", color=f"C{i}", linewidth=1)
        axes.semilogy(K[0].numpy(), weights[0].numpy(), color=f"C{i}", label=f"C = {C}")
        axes.plot(C**0.5, 1 / (4 * C), "o", color=f"C{i}", markersize=4)
    label(axes, "Weight of an error, abs(w)²", "K: 0 lost, 1 not blurred", "abs(w)²")
    axes.set(xlim=(0, 1), ylim=(1e-2, 1e2))
    axes.legend(frameon=False, ncols=2)
    save(figure, "explanation/wiener_weights")


def template_slice() -> torch.Tensor:
    """Give 128x128 pixels of an axial slice, (1, 1, 128, 128) in [0, 1]."""
    from nilearn.datasets import load_mni152_template

    volume = load_mni152_template(resolution=1).get_fdata()
    plane = np.rot90(volume[:, :, volume.shape[2] // 2])
    rows, columns = (size // 2 - 64 for size in plane.shape)
    cut = np.ascontiguousarray(plane[rows : rows + 128, columns : columns + 128])
    return torch.from_numpy(cut / cut.max()).float()[None, None]


def blurred_spectrum() -> None:
    """Draw a slice, the slice blurred, their power, and the blur's transfer function with its weights."""
    x, kernel = template_slice(), gaussian_kernel(VARIANCE, (11, 11))
    x_hat = circular_blur(x, kernel[None])
    figure = Figure(figsize=(11, 3.2), dpi=100, layout="constrained")
    left, middle, power, gain = figure.subplots(1, 4, width_ratios=[1, 1, 1.5, 1.5])
    for axes, image, title in ((left, x, "image"), (middle, x_hat, "blurred")):
        axes.imshow(image[0, 0].numpy(), cmap="gray")
        axes.set_title(title, fontsize=11)
        axes.set(xticks=[], yticks=[])
    for image, colour, name in ((x, "black", "image"), (x_hat, "C1", "blurred")):
        values = radial_power(taper(image), 64)[0].numpy()
        power.semilogy(ring_frequencies(64).numpy(), values, color=colour, label=name)
    label(power, "Power", "cycles per pixel", "")
    power.legend(frameon=False)
    K = transfer_function(kernel[None], (128, 128))[:, 0]  # along one axis
    frequencies = np.arange(K.shape[1]) / 128
    gain.plot(frequencies, K.abs()[0].numpy(), color="C1", label="K")
    weights = wiener_power(K, 0.05)[0].numpy()
    gain.plot(frequencies, weights / weights.max(), color="C0", label="abs(w)², C = 0.05, over its peak")
    label(gain, "Transfer function and weights", "cycles per pixel", "")
    gain.set_ylim(-0.05, 1.4)
    gain.legend(frameon=False, fontsize=9, loc="upper right")
    save(figure, "explanation/blurred_spectrum")


def hero() -> None:
    """Draw two test patches, and their reconstructions by L1 and the measured blur at about the same rate."""
    study = DOCS / "results" / "autoencoders"
    l1, ours = (Image.open(study / name).convert("RGB") for name in ("pictures_l1.png", "pictures.png"))
    l1_title = reached(study / "equal_rate.jsonl", "brain_equal_rate-l1-beta0.55-seed0", "L1")
    our_title = reached(study / "runs.jsonl", "brain-measured-beta0.25-seed0", "measured blur")
    columns = {"image": (l1, 6, (45, 255)), l1_title: (l1, 215, (45, 255)), our_title: (ours, 633, (60, 266))}
    figure = Figure(figsize=(7.2, 5.3), dpi=116, layout="constrained")
    for i, (title, (picture, left, tops)) in enumerate(columns.items()):
        for j, top in enumerate(tops):
            axes = figure.add_subplot(2, 3, 1 + i + 3 * j)
            axes.imshow(np.asarray(picture.crop((left, top, left + 197, top + 197))))
            axes.set_title(title if j == 0 else "", fontsize=11)
            axes.set_axis_off()
    save(figure, "hero")


def reached(lines: Path, name: str, term: str) -> str:
    """Say what a run of the study reached on all test patches."""
    runs = map(json.loads, lines.read_text(encoding="utf-8").splitlines())
    run = next(run for run in runs if run["name"] == name)
    return f"{term}\n{run['kl']:.0f} nats, {run['psnr']:.1f} dB"


def doors() -> None:
    """Cut the pictures of the three doors: three columns and two rows of squares each."""
    study = Image.open(DOCS / "results" / "autoencoders" / "pictures_wide.png")
    paste(study, "autoencoder", lefts=(6, 215, 424), tops=(60, 472), size=(197, 197))
    released = Image.open(DOCS / "results" / "images" / "released.png")
    paste(released, "volumes", lefts=(160, 1085, 1217), tops=(40, 172), size=(128, 128))
    scan = Image.open(DOCS / "results" / "reconstruction" / "slice.png")
    paste(scan, "kspace", lefts=(21, 219, 1406), tops=(57, 328), size=(191, 233))


def cards() -> None:
    """Cut a part of each example's picture for its card in the gallery, another part of each."""
    corners = {
        "autoencoder_kl_tutorial": (236, 262),  # the second image, with a discriminator
        "deepinv_reconstructor": (722, 100),  # the prior's image
        "ismrmrd_file": (482, 312),  # errors
        "lightning_module": (690, 268),  # transfer functions
        "monai_supervised_trainer": (232, 528),  # spectra and measures
        "mrpro_functional": (482, 312),  # errors
        "sigpy_app": (482, 100),  # wavelets and prior
        "your_own_loop": (232, 20),  # the first image
    }
    for name, (left, top) in corners.items():
        picture = Image.open(IMAGES / "examples" / f"{name}.png")
        write(picture.crop((left, top, left + 446, top + 240)), f"gallery/{name}")


def paste(
    picture: Image.Image, name: str, lefts: Sequence[int], tops: Sequence[int], size: tuple[int, int]
) -> None:
    """Cut parts of one size from a picture and put them side by side on black."""
    step, width, height = 204, round(200 * size[0] / max(size)), round(200 * size[1] / max(size))
    whole = Image.new("RGB", (step * len(lefts) - 4, step * len(tops) - 4))
    for i, left in enumerate(lefts):
        for j, top in enumerate(tops):
            part = picture.convert("RGB").crop((left, top, left + size[0], top + size[1]))
            if np.asarray(part).min() < 255:  # something is drawn there
                whole.paste(part.resize((width, height)), (i * step + (200 - width) // 2, j * step))
    write(whole, f"doors/{name}")


if __name__ == "__main__":
    hero()
    wiener_weights()
    blurred_spectrum()
    doors()
    cards()
