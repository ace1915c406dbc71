"""FID: the Fréchet distance between images and the data in the features of Inception."""

from functools import cache
from pathlib import Path
from typing import cast

import ignite.distributed as idist
import torch
from ignite.metrics import Metric
from torch import nn
from typing_extensions import override

from monai_blurvae.extras import from_extra
from monai_blurvae.functional import byte_levels
from monai_blurvae.keys import Keys
from monai_blurvae.metrics.base import Output, WholeOutputMetric
from monai_blurvae.metrics.not_computed import (
    NotComputed,
    Unavailable,
    from_pretrained,
    unfit_for_colour_networks,
)

WEIGHTS = "weights-inception-2015-12-05-6726825d.pth"
"""The Inception of the original FID, as torch-fidelity publishes it."""
FEATURES = 2048


class FrechetDistance(WholeOutputMetric):
    """Fréchet distance of the Gaussians fitted to features of images and of the data, by torchmetrics.

    abs(m - m_data)^2 + trace(S + S_data - 2 (S S_data)^(1/2)); lower is better. It falls with the number of
    images: compare at equal numbers. Only sums of features and of their products are kept.

    Args:
        extractor: features (B, F) of uint8 images (B, 3, H, W); grey images are repeated to three channels.
        key: which images to compare with the data; None for the samples.

    References:
        Heusel et al., GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium,
        NeurIPS 2017.
    """

    default_key = Keys.SAMPLES

    def __init__(self, extractor: nn.Module, key: str | None = None) -> None:
        torchmetrics = from_extra("torchmetrics.image.fid", "perceptual")
        self.distance = torchmetrics.FrechetInceptionDistance(feature=extractor)
        super().__init__(key)

    @override
    def reset(self) -> None:
        self.distance.reset()
        self._count = 0

    @override
    @torch.no_grad()
    def update(self, output: Output) -> None:
        images, data = self.pair(output)
        self.distance.to(data.device)
        for batch, real in ((data, True), (images, False)):
            self.distance.update(byte_levels(batch).expand(-1, 3, -1, -1), real=real)
        self._count += len(data)

    @override
    def compute(self) -> float | NotComputed:
        if idist.all_reduce(self._count) < 2:
            return NotComputed("at least two images are needed")
        return float(self.distance.compute())


def fid(key: str, spatial_dims: int, channels: int) -> Metric:
    """Make the FID with the standard Inception weights.

    Args:
        key: which images to compare with the data: `Keys.RECONSTRUCTION` or `Keys.SAMPLES`.
        spatial_dims: spatial axes of the images.
        channels: channels of the images.

    Returns:
        The measure, or one that says why it is not computed.
    """
    unfit = unfit_for_colour_networks(spatial_dims, channels)
    if unfit is not None:
        return Unavailable(unfit)
    return from_pretrained(WEIGHTS, lambda path: FrechetDistance(_inception(path), key))


@cache
def _inception(path: Path) -> nn.Module:
    torchmetrics = from_extra("torchmetrics.image.fid", "perceptual")
    extractor = torchmetrics.NoTrainInceptionV3(
        name="inception-v3-compat", features_list=[str(FEATURES)], feature_extractor_weights_path=str(path)
    )
    extractor.num_features = FEATURES
    return cast(nn.Module, extractor)
