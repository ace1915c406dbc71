"""Reconstructions of several runs beside their images, with and without a lesion."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib.pyplot as plt
from torch import Tensor

from experiments.autoencoders.build import trained_model
from experiments.autoencoders.datasets import load
from experiments.autoencoders.lesions import disc, places
from experiments.autoencoders.measure import first_images, reconstruct
from experiments.autoencoders.plan import PlannedRun, read_plan
from monai_blurvae.data import make_patch_loader

ROWS = 4
LESION = (4, 0.4)
"""Diameter in pixels and contrast of the lesion that is drawn."""


def draw_pictures(
    plan_file: str | Path, names: list[str], sources: Mapping[str, str], output_dir: Path, path: Path
) -> None:
    """Draw test images in a column, and beside them each run's reconstructions; the last row has a lesion."""
    plan, runs = read_plan(plan_file)
    chosen = [runs[name] for name in names]
    part = plan.parts[chosen[0].part]
    data = load(part.data, sources[part.data], part.batch_size, 0)
    images = first_images(make_patch_loader(data.test, ROWS, fixed=True), ROWS)
    row, column = places(images)[-1]
    mask = disc(LESION[0], images.shape[-1], (row, column))
    images[-1, 0] += (images[-1, 0] + 1) * LESION[1] * mask
    columns = {"image": images}
    for run in chosen:
        columns[_title(run)] = reconstruct(trained_model(plan, run, data, output_dir), images)
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


def _title(run: PlannedRun) -> str:
    return f"{run.recipe}, beta {run.beta:g}"


def _shown(picture: Tensor) -> Tensor:
    return ((picture.clamp(-1, 1) + 1) / 2).movedim(0, -1).squeeze(-1)
