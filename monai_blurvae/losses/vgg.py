"""VGG: learned perceptual similarity (LPIPS) as a reconstruction term."""

import torch
from torch import Tensor

from monai_blurvae.functional import feature_distance
from monai_blurvae.losses.base import ReconstructionLoss, check_same_shape
from monai_blurvae.losses.vgg_file import load_vgg
from monai_blurvae.shapes import Code, Image, PerImage

CHANNELS = (1, 3)
SMALLEST = 16
"""Least number of pixels along an axis, which the network's four poolings need."""


class VGGLoss(ReconstructionLoss):
    """D times LPIPS: the distance of VGG16's features, weighted by human judgement.

    Grey images are repeated to three channels. The network is fixed: no state_dict holds it, no optimiser
    sees it. It needs the extra `perceptual`, and torchvision's weights vgg16-397923af.pth in torch.hub's
    folder of checkpoints; nothing is downloaded. It is not a likelihood and has no bits per dimension.

    LPIPS is a mean over pixels, between 0 and about 1. Multiplied by the number of values D it becomes a sum
    over the image, as the other terms are.

    Args:
        channels: channels of the images, 1 or 3.
        spatial_dims: spatial axes of the images, which must be 2.
        reduction: "mean" or "sum" over the images of a batch, or "none".

    Raises:
        ImportError: If the extra `perceptual` is not installed.
        FileNotFoundError: If the weight file does not exist.
        ValueError: If the weight file is not VGG16's, or `channels` or `spatial_dims` is another number.

    References:
        Zhang, Isola, Efros, Shechtman, Wang, The Unreasonable Effectiveness of Deep Features as a Perceptual
        Metric, CVPR 2018.
    """

    def __init__(self, channels: int = 1, spatial_dims: int = 2, reduction: str = "mean") -> None:
        super().__init__(reduction)
        if channels not in CHANNELS:
            raise ValueError(f"`channels` must be 1 or 3 for VGG's distance, got {channels}")
        if spatial_dims != 2:
            raise ValueError(f"`spatial_dims` must be 2 for VGG's distance, got {spatial_dims}")
        self.trunk, self.scaling, weights = load_vgg()
        self.layers = len(weights)
        for index, layer in enumerate(weights):
            self.register_buffer(f"weights_{index}", layer, persistent=False)

    def per_image(self, input: Image, target: Image, z: Code | None = None) -> PerImage:
        """Compare reconstructions with images.

        Args:
            input: reconstructions, (B, ch, height, width) in [-1, 1], ch 1 or 3, sizes of at least 16.
            target: images, (B, ch, height, width) in [-1, 1].
            z: ignored.

        Returns:
            D times LPIPS, (B,), float32.

        Raises:
            ValueError: If the images have other axes or channels, or are too small.
        """
        del z
        check_same_shape(input, target)
        if target.ndim != 4 or target.shape[1] not in CHANNELS or min(target.shape[2:]) < SMALLEST:
            raise ValueError(
                f"`target` must be 2D images of 1 or 3 channels and at least {SMALLEST} pixels, "
                f"got shape {tuple(target.shape)}"
            )
        with torch.autocast(target.device.type, enabled=False):
            features_hat, features = self._features(input), self._features(target)
            distances = [
                feature_distance(one, other, self.get_buffer(f"weights_{index}"))
                for index, (one, other) in enumerate(zip(features_hat, features, strict=True))
            ]
        return torch.stack(distances).sum(dim=0) * target[0].numel()

    def _features(self, image: Tensor) -> tuple[Tensor, ...]:
        """Run the network."""
        features: tuple[Tensor, ...] = self.trunk(self.scaling(image.float().expand(-1, 3, -1, -1)))
        return features
