"""LPIPS: the distance of reconstructions to their inputs in the features of AlexNet."""

from collections.abc import Callable
from pathlib import Path

from ignite.metrics import Metric
from torch import Tensor, nn

from monai_blurvae.keys import Keys
from monai_blurvae.metrics.not_computed import Unavailable, from_pretrained, unfit_for_colour_networks
from monai_blurvae.metrics.per_image import PerImageMean, present
from monai_blurvae.metrics.whole_output import Output

WEIGHTS = "alexnet-owt-7be5be79.pth"
"""torchvision's AlexNet, of which the measure's own linear layers (in torchmetrics) weigh the features."""
SMALLEST = 31
"""Edge length in pixels, below which AlexNet's second pooling has nothing left."""


class LPIPS(PerImageMean):
    """Mean learned perceptual image patch similarity of images and inputs: lower is better, 0 is equal.

    Args:
        network: distance of two batches (B, 3, H, W) in [-1, 1], one number an image.
        key: which images to compare with the inputs; grey ones are repeated to three channels.

    References:
        Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric, CVPR 2018.
    """

    def __init__(self, network: Callable[[Tensor, Tensor], Tensor], key: str = Keys.RECONSTRUCTION) -> None:
        self.network = network
        self.key = key
        super().__init__()

    def values(self, output: Output) -> Tensor:
        """Measure each image's distance.

        Args:
            output: the evaluator's output.

        Returns:
            Distances, (B,).
        """
        image = present(output, Keys.IMAGE)
        if isinstance(self.network, nn.Module):
            self.network.to(image.device)
        pair = (images.float().clamp(-1, 1) for images in (present(output, self.key), image))
        return self.network(*(images.expand(-1, 3, -1, -1) for images in pair)).flatten()


def lpips(spatial_dims: int, channels: int, image_size: int) -> Metric:
    """Make LPIPS of reconstructions with the published AlexNet weights, version 0.1.

    Args:
        spatial_dims: spatial axes of the images.
        channels: channels of the images.
        image_size: edge length of the images in pixels.

    Returns:
        The measure, or one that says why it is not computed.
    """
    unfit = unfit_for_colour_networks(spatial_dims, channels)
    if unfit is None and image_size < SMALLEST:
        unfit = f"images of at least {SMALLEST} pixels only, these have {image_size}"
    return Unavailable(unfit) if unfit is not None else from_pretrained(WEIGHTS, _build)


def _build(_: Path) -> LPIPS:
    from torchmetrics.image import LearnedPerceptualImagePatchSimilarity

    # torchvision finds its weights where `pretrained_file` found them.
    return LPIPS(LearnedPerceptualImagePatchSimilarity(net_type="alex").net)
