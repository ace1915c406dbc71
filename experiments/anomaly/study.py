"""Slices of brains with and without simulated damage, and their scores."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from monai.metrics import compute_average_precision, compute_roc_auc
from scipy.ndimage import binary_fill_holes
from torch import Tensor

from experiments.anomaly.corruptions import Corrupted, Corruption
from monai_blurvae.data import Volume, dequantize
from monai_blurvae.priors import PatchStrangeness, Strangeness, mean_of_highest

CLEAN = "clean"
"""The name of what is not damaged."""

Row = dict[str, str | int | float | None]
"""One image of the table: which it is, and its scores."""


class BrainSlices(NamedTuple):
    """Slices of one volume."""

    images: Tensor
    """x in [-1, 1], float32 (B, 1, H, W)."""
    brain: Tensor
    """True on the brain, its dark holes filled, bool (B, 1, H, W)."""
    indices: list[int]
    """Which slices of the volume these are."""


def fixed_slices(volume: Volume, n: int, least_area: float = 0.5) -> BrainSlices:
    """Take n slices at equal distances, between the first and the last with much brain.

    Args:
        volume: decoded volume (slices, rows, columns); 0 is background.
        n: number of slices, positive.
        least_area: brain that the first and the last must have, as a share of the largest slice's, in (0, 1].

    Example:
        >>> volume = np.full((5, 8, 8), 255, dtype=np.uint8)
        >>> fixed_slices(volume, 3).indices
        [0, 2, 4]
    """
    if not 0 < least_area <= 1:
        raise ValueError(f"`least_area` must be in (0, 1], got {least_area}")
    areas = np.count_nonzero(volume, axis=(1, 2))
    large = np.flatnonzero(areas >= least_area * areas.max())
    first, last = int(large[0]), int(large[-1])
    if not 1 <= n <= last - first + 1:
        raise ValueError(f"`n` must lie between 1 and the {last - first + 1} slices with brain, got {n}")
    positions = np.linspace(first, last, n) if n > 1 else np.array([(first + last) / 2])
    indices = positions.round().astype(int).tolist()
    chosen = volume[indices]
    brain = np.stack([binary_fill_holes(slice_ != 0) for slice_ in chosen])
    return BrainSlices(
        dequantize(torch.from_numpy(chosen))[:, None], torch.from_numpy(brain)[:, None], indices
    )


class Judged(NamedTuple):
    """A subject's slices under one corruption."""

    corruption: str
    """Its name, or "clean"."""
    chosen: BrainSlices
    """The slices without it."""
    corrupted: Corrupted
    """The slices with it."""
    models: dict[str, Strangeness]
    """What each model makes of them."""


@dataclass(frozen=True)
class AnomalyStudy:
    """Judge the same slices of a subject clean and under every corruption.

    Every slice has its own seed, from `seed`, the subject's name and the slice's index. So its bright and
    dark lesions of one size have the same place, and other subjects change nothing.

    Raises:
        ValueError: If two corruptions are called the same.
    """

    models: Mapping[str, PatchStrangeness | None]
    """What judges, by the first words of its scores' names; None leaves a model out."""
    corruptions: Sequence[Corruption]
    """The damages; what each is called is its `str`."""
    slices: int = 15
    """Slices of each subject, at equal distances."""
    least_area: float = 0.5
    """Brain that the outermost of them have at least, as a share of the largest slice's."""
    top_share: float = 0.25
    """Share of a slice's patches, the strangest ones, whose mean is another score."""
    seed: int = 0
    """Of the damages."""

    def __post_init__(self) -> None:
        names = list(map(str, self.corruptions))
        if len(set(names)) < len(names):
            raise ValueError(f"`corruptions` must differ, got {', '.join(names)}")

    def judge(self, subject: str, volume: Volume) -> Iterator[Judged]:
        """Judge one subject."""
        chosen = fixed_slices(volume, self.slices, self.least_area)
        name = zlib.crc32(subject.encode())
        seeds = [
            int(np.random.default_rng((self.seed, name, index)).integers(2**62)) for index in chosen.indices
        ]
        brain = chosen.brain
        models = {key: model for key, model in self.models.items() if model is not None}
        for corruption in (None, *self.corruptions):
            corrupted = Corrupted(chosen.images, torch.zeros_like(brain))
            if corruption is not None:
                corrupted = corruption(chosen.images, brain, seeds)
            found = {key: model(corrupted.images, brain) for key, model in models.items()}
            yield Judged(CLEAN if corruption is None else str(corruption), chosen, corrupted, found)

    def rows(self, subject: str, judged: Judged) -> list[Row]:
        """Give every slice's scores, high for strange slices, and how well the maps find its lesion."""
        brain, images = judged.chosen.brain, judged.corrupted.images
        scores = {"intensity": _mean_inside(images, brain)}
        maps = {"bright": images, "dark": -images}
        for key, found in judged.models.items():
            scores |= {
                f"{key}_elbo": mean_of_highest(found.neg_elbo),
                f"{key}_elbo_top": mean_of_highest(found.neg_elbo, self.top_share),
                f"{key}_whitened": _mean_inside(found.whitened_map, brain),
                f"{key}_bias": _mean_inside(found.bias_map, brain),
                f"{key}_error": mean_of_highest(found.squared_error),
                f"{key}_error_top": mean_of_highest(found.squared_error, self.top_share),
            }
            maps |= {
                f"{key}_whitened": found.whitened_map,
                f"{key}_error": found.error_map,
                f"{key}_bias": found.bias_map,
            }
        rows: list[Row] = []
        for number, index in enumerate(judged.chosen.indices):
            row: Row = {"subject": subject, "slice": index, "corruption": judged.corruption}
            row |= {name: round(float(values[number]), 6) for name, values in scores.items()}
            where, inside = judged.corrupted.where[number], brain[number]
            for name, values in maps.items():
                row |= {
                    f"{kind}_{name}": value for kind, value in localisation(values[number], where, inside)
                }
            rows.append(row)
        return rows


def _mean_inside(values: Tensor, brain: Tensor) -> Tensor:
    # mean of (B, 1, H, W) over the brain, where a value is known
    known = brain & values.isfinite()
    return values.where(known, 0).flatten(1).sum(dim=1) / known.flatten(1).sum(dim=1)


def localisation(values: Tensor, where: Tensor, brain: Tensor) -> Iterator[tuple[str, float | None]]:
    """Rank a brain's pixels by a map, and compare with the lesion.

    Args:
        values: the map, (1, H, W); pixels that are NaN are left out.
        where: true on the lesion, bool (1, H, W).
        brain: true on the brain, bool (1, H, W).

    Yields:
        "auroc", then "ap", the average precision; None where no pixel or every pixel of the brain is damaged.
    """
    known = brain & values.isfinite()
    target = where[known].float()
    share = float(target.mean())
    for name, compute in (("auroc", compute_roc_auc), ("ap", compute_average_precision)):
        yield name, round(float(compute(values[known], target)), 6) if 0 < share < 1 else None
