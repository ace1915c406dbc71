"""EfficientNet-Lite2 with ImageNet's weights, the judge of images: no recipe of the study trains with it."""

from functools import cache

import torch
from torch import Tensor
from typing_extensions import override

from monai_blurvae.losses.perceptual import EfficientNetDistance
from monai_blurvae.metrics import PerImageMean
from monai_blurvae.metrics.base import Output

JUDGE = "efficientnet_lite2"
BATCH = 64


@cache
def judge() -> EfficientNetDistance | None:
    """Make the judge; None where the extra `features` is not installed."""
    try:
        return EfficientNetDistance(JUDGE)
    except ImportError:
        return None


class JudgedDistance(PerImageMean):
    """Mean distance of the judge's features between reconstructions and images; 0 if they agree."""

    def __init__(self, distance: EfficientNetDistance) -> None:
        self.distance = distance
        super().__init__()

    @override
    def values(self, output: Output) -> Tensor:
        values: Tensor = self.distance(*self.pair(output))
        return values


@torch.no_grad()
def pooled(distance: EfficientNetDistance, images: Tensor) -> Tensor:
    """Average the last features over the pixels of each image: (n, features), float64, on the CPU."""
    parts = [distance.features(part)[-1].mean(dim=(2, 3)) for part in torch.split(images, BATCH)]
    return torch.cat(parts).double().cpu()


def judged_sets(ours: Tensor, theirs: Tensor) -> dict[str, float]:
    """Compare two sets of images by their pooled features."""
    return {
        f"{JUDGE}_frechet": frechet_distance(ours, theirs),
        f"{JUDGE}_nearest": nearest_distance(ours, theirs),
    }


def frechet_distance(x: Tensor, y: Tensor) -> float:
    """Compare the Gaussians fitted to vectors (n, d): |m - n|^2 + trace(S + T - 2 (S T)^(1/2)).

    It falls with the number of vectors: compare at equal numbers.

    Example:
        >>> x = torch.tensor([[0.0], [2.0]], dtype=torch.float64)
        >>> frechet_distance(x, x + 3)
        9.0
    """
    S, T = (torch.cov(vectors.T).reshape(x.shape[1], -1) for vectors in (x, y))
    root = torch.linalg.eigvals(S @ T).real.clamp_min(0).sqrt().sum()
    between = (x.mean(dim=0) - y.mean(dim=0)).square().sum()
    return float(between + S.trace() + T.trace() - 2 * root)


def nearest_distance(x: Tensor, y: Tensor) -> float:
    """Average the distance to the nearest vector of the other set over the vectors, (n, d), of both.

    Example:
        >>> nearest_distance(torch.tensor([[0.0], [1.0]]), torch.tensor([[0.0], [3.0]]))
        0.75
    """
    between = torch.cdist(x, y)
    return ((between.amin(dim=0).mean() + between.amin(dim=1).mean()) / 2).item()
