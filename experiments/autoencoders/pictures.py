"""Reconstructions of several runs beside their images, with and without a lesion."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from torch import Tensor

from experiments.autoencoders.build import trained_model
from experiments.autoencoders.datasets import load
from experiments.autoencoders.lesions import disc, places
from experiments.autoencoders.measure import first_images, reconstruct
from experiments.autoencoders.plan import read_plan
from experiments.autoencoders.report import read_runs
from monai_blurvae.data import make_patch_loader

ROWS = 4
LABELS = {
    "l1_mean": "mean L1",
    "l1_mean+disc": "L1 + discriminator",
    "l1_mean+perc+disc": "L1 + perceptual\n+ discriminator",
    "l1": "L1",
    "l2": "L2",
    "measured": "measured blur",
    "measured_C0.025": "measured blur,\nC = 0.025",
}
"""Names of recipes above the pictures; others keep their own."""
LESION = (4, 0.4)
"""Diameter in pixels and contrast of the lesion that is drawn."""


def draw_pictures(
    plan_file: str | Path,
    names: list[str],
    sources: Mapping[str, str],
    output_dir: Path,
    lines_file: str | Path,
    path: Path,
) -> None:
    """Draw test images in a column, and beside them each run's reconstructions; the last row has a lesion.

    Above each column stand the term and what its run reached on all test images, from the line of the run.
    """
    plan, runs = read_plan(plan_file)
    lines = read_runs(lines_file)[0].set_index("name")
    chosen = [runs[name] for name in names]
    part = plan.parts[chosen[0].part]
    data = load(part.data, sources[part.data], part.batch_size, 0)
    images = first_images(make_patch_loader(data.test, ROWS, fixed=True), ROWS)
    row, column = places(images)[-1]
    mask = disc(LESION[0], images.shape[-1], (row, column))
    images[-1, 0] += (images[-1, 0] + 1) * LESION[1] * mask
    columns = {"image": images}
    for run in chosen:
        if run.name not in lines.index:
            raise ValueError(f"`lines` must have a line of {run.name}, got none in {lines_file}")
        reached = lines.loc[run.name]
        title = f"{LABELS.get(run.recipe, run.recipe)}\n{reached['kl']:.0f} nats, {reached['psnr']:.1f} dB"
        columns[title] = reconstruct(trained_model(plan, run, data, output_dir), images)
    figure, axes = plt.subplots(
        ROWS, len(columns), figsize=(1.9 * len(columns), 2 * ROWS), layout="constrained", squeeze=False
    )
    for index, (title, pictures) in enumerate(columns.items()):
        axes[0, index].set_title(title, fontsize=9)
        for axis, picture in zip(axes[:, index], pictures, strict=True):
            axis.imshow(_shown(picture), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
            axis.set_axis_off()
        axes[-1, index].add_patch(plt.Circle((column, row), 6, fill=False, color="#f0e442", linewidth=1))
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _shown(picture: Tensor) -> npt.NDArray[np.float32]:
    return ((picture.clamp(-1, 1) + 1) / 2).movedim(0, -1).squeeze(-1).numpy()
