"""What a radiologist would ask: is a small lesion still there, and is there anything that was not?"""

from functools import lru_cache
from typing import Any

import numpy as np
import torch
from scipy import ndimage
from skimage.restoration import estimate_sigma
from torch import Tensor

from experiments.autoencoders.measure import reconstruct
from monai_blurvae.networks import LatentModel

DIAMETERS = (1, 2, 3, 4, 5, 6)
"""Diameters of the lesions in pixels."""
CONTRASTS = (0.1, 0.2, 0.4)
"""Intensity of a lesion over its surroundings', minus 1."""
OVERSAMPLING = 8
SMOOTHING = 1.0
"""Width (standard deviation) in pixels of the Gaussian that residuals are smoothed with."""
SMALLEST = 3
"""Pixels of a connected residual that counts."""


@lru_cache(maxsize=1024)
def disc(diameter: float, size: int, centre: tuple[int, int]) -> Tensor:
    """Draw a disc whose border pixels hold the share that it covers, (size, size)."""
    fine = (torch.arange(size * OVERSAMPLING) + 0.5) / OVERSAMPLING - 0.5
    inside = (fine[:, None] - centre[0]).square() + (fine - centre[1]).square() <= (diameter / 2) ** 2
    return inside.float().view(size, OVERSAMPLING, size, OVERSAMPLING).mean(dim=(1, 3))


def places(images: Tensor, seed: int = 0, margin: int = 12) -> list[tuple[int, int]]:
    """Choose a place for a lesion per image: among the flatter half of the tissue, away from the borders."""
    generator = np.random.default_rng(seed)
    chosen = []
    for image in ((images.mean(dim=1) + 1) / 2).numpy():
        inner = image[margin:-margin, margin:-margin]
        mean = ndimage.uniform_filter(inner, 7)
        spread = np.sqrt(np.maximum(ndimage.uniform_filter(inner**2, 7) - mean**2, 0))
        spread[mean < 0.2] = np.inf  # no tissue
        order = np.argsort(spread, axis=None)
        rank = generator.integers(max(1, int(np.isfinite(spread).sum()) // 2))
        row, column = np.unravel_index(order[rank], spread.shape)
        chosen.append((int(row) + margin, int(column) + margin))
    return chosen


def lesion_recovery(model: LatentModel, images: Tensor) -> dict[str, Any]:
    """Put lesions into images, (B, 1, size, size), and measure the share of their contrast that comes back.

    A lesion makes its pixels brighter by the contrast, or darker where they would leave [0, 1]. The share is
    the sum over the lesion of what the lesion changes in the reconstruction, over what it changes in the
    image, for the lesions of all images together.
    """
    before = reconstruct(model, images)
    spots = places(images)
    table = []
    for contrast in CONTRASTS:
        row = []
        for diameter in DIAMETERS:
            masks = torch.stack([disc(diameter, images.shape[-1], spot) for spot in spots])[:, None]
            intensity = (images + 1) / 2
            local = (intensity * masks).flatten(1).sum(dim=1) / masks.flatten(1).sum(dim=1)
            sign = torch.where(local * (1 + contrast) <= 1, 1.0, -1.0).view(-1, 1, 1, 1)
            change = 2 * intensity * contrast * sign * masks
            answer = reconstruct(model, images + change) - before
            row.append(((answer * change).sum() / change.square().sum()).item())
        table.append(row)
    return {
        "lesion_recovery": table,
        "lesion_size_by_half": [size_recovered_by_half(row) for row in table],
    }


def size_recovered_by_half(shares: list[float]) -> float | None:
    """Interpolate the diameter at which half of the contrast comes back; None if the largest does not.

    Example:
        >>> size_recovered_by_half([0.0, 0.25, 0.75, 0.9, 1.0, 1.0])
        2.5
    """
    for index, share in enumerate(shares):
        if share >= 0.5:
            if index == 0:
                return float(DIAMETERS[0])
            before = shares[index - 1]
            step = (0.5 - before) / (share - before)
            return DIAMETERS[index - 1] + step * (DIAMETERS[index] - DIAMETERS[index - 1])
    return None


def false_structures(model: LatentModel, images: Tensor) -> dict[str, float]:
    """Count per image what the reconstruction adds: connected residuals beyond three times the noise.

    Residuals are smoothed by a Gaussian of one pixel, and so is the noise, whose standard deviation is
    estimated in the image (Donoho's wavelet estimate): the threshold is the same for every recipe. A residual
    counts where it makes the reconstruction differ more from its surroundings than the image does.
    """
    reconstructions = reconstruct(model, images)
    counts, noises = [], []
    for x, x_hat in zip(images[:, 0].numpy(), reconstructions[:, 0].numpy(), strict=True):
        noise = float(estimate_sigma(x)) / (2 * np.sqrt(np.pi) * SMOOTHING)
        fine, fine_hat = (
            ndimage.gaussian_filter(image, SMOOTHING) - ndimage.gaussian_filter(image, 3 * SMOOTHING)
            for image in (x, x_hat)
        )
        added = (np.abs(fine_hat - fine) > 3 * noise) & (np.abs(fine_hat) > np.abs(fine))
        labels, number = ndimage.label(added)
        sizes = np.bincount(labels.ravel(), minlength=number + 1)[1:]
        counts.append(int((sizes >= SMALLEST).sum()))
        noises.append(noise)
    return {"false_structures": float(np.mean(counts)), "noise_sd": float(np.mean(noises))}
