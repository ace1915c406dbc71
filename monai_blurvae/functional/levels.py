"""The 256 grey levels in which images are stored and shown."""

import torch
from jaxtyping import UInt8
from torch import Tensor

from monai_blurvae.shapes import Image


def byte_levels(image: Image) -> UInt8[Tensor, "B ch *size"]:
    """Round images to 256 levels, -1 to 0 and 1 to 255; values beyond are clipped.

    Args:
        image: images x, (B, ch, *size) in [-1, 1].

    Returns:
        Levels, (B, ch, *size).

    Example:
        >>> byte_levels(torch.tensor([[[-1.0, 0.2, 1.0, 1.5]]]))
        tensor([[[  0, 153, 255, 255]]], dtype=torch.uint8)
    """
    return ((image.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
