"""What the examples of reconstruction share: a simulated scan, the released prior, and their picture."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from monai_blurvae.data import Preprocessing, brain_percentile, demo_dataset, find_subjects, to_subject
from monai_blurvae.data.volumes.reading import IMAGE
from monai_blurvae.mri import (
    CartesianEncoding,
    complex_noise,
    noise_std,
    nrmse,
    simulated_coil_maps,
    synthetic_phase,
    variable_density_lines,
    with_phase,
)
from monai_blurvae.workflow import LoadedPrior, load_prior

WEIGHTS = Path(__file__).parents[1] / "bundle" / "models" / "prior" / "model.pt"


@dataclass(frozen=True)
class Scan:
    """A slice as a scanner with 8 coils measures it: a fifth of its lines, with noise 25 dB below."""

    image: Tensor
    """The truth, complex (1, 1, H, W)."""
    kspace: Tensor
    """Complex (1, 8, H, W), zero where it was not sampled."""
    mask: Tensor
    """Lines that were sampled, (H, W)."""
    coil_maps: Tensor
    """Complex (1, 8, H, W)."""
    noise_std: float
    """sqrt(E|n|^2) of each coil."""


def simulate(folder: str | None, prior: LoadedPrior) -> Scan:
    """Measure the middle slice of a test subject, oriented as the prior's training images were.

    Args:
        folder: NIfTI volumes; None for five digital brains, made once (extra `demo`).
        prior: the prior.
    """
    path = find_subjects(folder or demo_dataset()).test[0]
    preprocessing = Preprocessing(orientation=prior.orientation, spacing=prior.spacing)
    volume = preprocessing.geometry(to_subject(path))[IMAGE].data[0].float().clamp_min(0)
    magnitude = volume[:, :, volume.shape[2] // 2] / brain_percentile(volume, 99.5)
    rows, columns = (max(128, side - side % 2) for side in magnitude.shape)
    missing = [size - side for side, size in zip(magnitude.shape, (rows, columns), strict=True)]
    magnitude = torch.nn.functional.pad(magnitude, (0, missing[1], 0, missing[0]))  # or crop an odd side
    image = with_phase(magnitude[None, None], synthetic_phase((rows, columns)))
    maps = simulated_coil_maps(8, (rows, columns))
    full = CartesianEncoding(torch.ones(rows, columns), maps)(image)
    std = noise_std(full, 25)
    mask = variable_density_lines((rows, columns), 5)
    kspace = (full + complex_noise(full, std)) * mask
    return Scan(image, kspace, mask.reshape(rows, columns), maps, float(std))


def released_prior() -> LoadedPrior:
    """Load the prior of 16 x 16 patches that stands in the repository."""
    return load_prior(WEIGHTS)


def compare(truth: Tensor, images: dict[str, Tensor], path: Path, title: str) -> None:
    """Print the errors, and draw the images with their errors, five times as bright, below.

    Args:
        truth: the true image, complex (1, 1, H, W).
        images: reconstructions, complex (1, 1, H, W), by name.
        path: the PNG to write.
        title: the figure's title.
    """
    figure = Figure(figsize=(3 * (len(images) + 1), 7.4), dpi=80, layout="constrained", facecolor="white")
    figure.suptitle(title, fontsize=15)
    reference = truth[0, 0].abs().numpy()
    columns = figure.subplots(2, len(images) + 1).T
    for axes in columns.flat:
        axes.set(xticks=[], yticks=[], facecolor="black")
    columns[0, 1].set_axis_off()
    columns[0, 0].imshow(reference, cmap="gray", vmin=0, vmax=1)
    columns[0, 0].set_title("truth", fontsize=14)
    for (top, bottom), (name, image) in zip(columns[1:], images.items(), strict=True):
        error = f"NRMSE {nrmse(image, truth).item():.2f} %"
        print(f"{name}: {error}", flush=True)
        magnitude = image[0, 0].detach().abs().numpy()
        magnitude = magnitude * (np.linalg.norm(reference) / np.linalg.norm(magnitude))
        top.imshow(magnitude, cmap="gray", vmin=0, vmax=1)
        top.set_title(name, fontsize=14)
        bottom.imshow(abs(magnitude - reference), cmap="gray", vmin=0, vmax=0.2)
        bottom.set_xlabel(error, fontsize=12)
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    Image.fromarray(pixels).convert("L").quantize(64).save(path, optimize=True)  # a small file
    print(f"Picture: {path}")
