"""The similarity of single images to the inputs: PSNR and SSIM by MONAI, LPIPS by torchmetrics."""

from collections.abc import Callable
from pathlib import Path

from ignite.metrics import Metric
from monai.metrics import CumulativeIterationMetric, PSNRMetric, SSIMMetric
from torch import Tensor, nn
from typing_extensions import override

from monai_blurvae.checks import check_in
from monai_blurvae.extras import from_extra
from monai_blurvae.metrics.base import Output, PerImageMean
from monai_blurvae.metrics.not_computed import Unavailable, from_pretrained, unfit_for_colour_networks

ALEXNET_WEIGHTS = "alexnet-owt-7be5be79.pth"
"""torchvision's AlexNet; torchmetrics has the linear layers of LPIPS that weight its features."""
SMALLEST_FOR_ALEXNET = 31
"""Smallest edge length in pixels that AlexNet's second pooling can take."""


class ImageQuality(PerImageMean):
    """Mean over images of one of MONAI's comparisons with the inputs.

    Args:
        comparison: MONAI's metric of two batches on [0, 1].
        key: which images to compare with the inputs; None for the reconstructions.
    """

    def __init__(self, comparison: CumulativeIterationMetric, key: str | None = None) -> None:
        self.comparison = comparison
        super().__init__(key)

    @override
    def values(self, output: Output) -> Tensor:
        values: Tensor = self.comparison(*((images.float() + 1) / 2 for images in self.pair(output)))
        self.comparison.reset()
        return values.flatten()


def psnr(key: str | None = None) -> ImageQuality:
    """Make the mean peak signal-to-noise ratio, -10 log10 of the mean squared error on [0, 1], in dB.

    Args:
        key: which images to compare with the inputs; None for the reconstructions.

    Returns:
        The metric.
    """
    return ImageQuality(PSNRMetric(max_val=1.0), key)


def ssim(spatial_dims: int = 2, key: str | None = None) -> ImageQuality:
    """Make the mean structural similarity in Gaussian windows of 11 pixels, sigma 1.5 pixels.

    Args:
        spatial_dims: 2 or 3.
        key: which images to compare with the inputs; None for the reconstructions.

    Returns:
        The metric.
    """
    check_in("[2, 3]", spatial_dims=spatial_dims)
    return ImageQuality(SSIMMetric(spatial_dims=spatial_dims, data_range=1.0), key)


class LPIPS(PerImageMean):
    """Mean learned perceptual image patch similarity to the inputs: lower is better, 0 is equal.

    Args:
        network: distances (B, ...) of two batches (B, 3, H, W) in [-1, 1].
        key: which images to compare with the inputs; None for the reconstructions. Grey images are repeated
            to three channels.

    References:
        Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric, CVPR 2018.
    """

    def __init__(self, network: Callable[[Tensor, Tensor], Tensor], key: str | None = None) -> None:
        self.network = network
        super().__init__(key)

    @override
    def values(self, output: Output) -> Tensor:
        pair = [images.float().clamp(-1, 1).expand(-1, 3, -1, -1) for images in self.pair(output)]
        if isinstance(self.network, nn.Module):
            self.network.to(pair[0].device)
        return self.network(*pair).flatten()


def lpips(spatial_dims: int, channels: int, image_size: int) -> Metric:
    """Make LPIPS of the reconstructions with the published AlexNet weights, version 0.1.

    Args:
        spatial_dims: spatial axes of the images.
        channels: channels of the images.
        image_size: edge length of the images in pixels.

    Returns:
        The measure, or one that says why it is not computed.
    """
    unfit = unfit_for_colour_networks(spatial_dims, channels)
    if unfit is None and image_size < SMALLEST_FOR_ALEXNET:
        unfit = f"images of at least {SMALLEST_FOR_ALEXNET} pixels only, these have {image_size}"
    return Unavailable(unfit) if unfit is not None else from_pretrained(ALEXNET_WEIGHTS, _build)


def _build(_: Path) -> LPIPS:
    torchmetrics = from_extra("torchmetrics.image", "perceptual")
    # torchvision looks for its weights where `pretrained_file` found them
    return LPIPS(torchmetrics.LearnedPerceptualImagePatchSimilarity(net_type="alex").net)
