"""The network of LPIPS: VGG16 as torchvision distributes it, and the layers' weights of the package lpips."""

import warnings
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor, nn

from monai_blurvae.extras import from_extra
from monai_blurvae.files import pretrained_file

FILE = "vgg16-397923af.pth"


def load_vgg() -> tuple[nn.Module, nn.Module, list[Tensor]]:
    """Build the network and load the published weights.

    Returns:
        The network, images to the activations of five layers; what scales its input; and the weights of each
        layer's channels, (ch,).

    Raises:
        ImportError: If the extra `perceptual` is not installed or does not work.
        ValueError: If the weight file is not VGG16's.
    """
    lpips = from_extra("lpips", "perceptual")
    path = pretrained_file(FILE)
    with torch.device("meta"), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of an argument's old name, which lpips uses
        trunk = lpips.pn.vgg16(pretrained=False)
    try:
        published = torch.load(path, map_location="cpu", weights_only=True)
        state = {name: published[f"features.{name.partition('.')[2]}"] for name in trunk.state_dict()}
        trunk.load_state_dict(state, assign=True)
    except (RuntimeError, UnpicklingError, EOFError, KeyError, ValueError, TypeError) as error:
        raise ValueError(f"{path} must be torchvision's {FILE}, got another or a damaged file") from error
    shipped = Path(lpips.__file__).with_name("weights") / "v0.1" / "vgg.pth"
    layers = torch.load(shipped, map_location="cpu", weights_only=True)
    return _fixed(trunk), _fixed(lpips.ScalingLayer()), [weight.flatten() for weight in layers.values()]


def _fixed(network: nn.Module) -> nn.Module:
    """Turn a network's parameters and buffers into buffers that no state_dict holds."""
    for module in network.modules():
        tensors = [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]
        for name, tensor in tensors:
            delattr(module, name)
            module.register_buffer(name, tensor.detach(), persistent=False)
    return network
