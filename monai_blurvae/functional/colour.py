"""Colour: luma and chroma of RGB images."""

import torch
from jaxtyping import Float
from torch import Tensor

LUMA_CHROMA = ((0.299, 0.587, 0.114), (-0.1687, -0.3313, 0.5), (0.5, -0.4187, -0.0813))
"""Y, Cb and Cr of red, green and blue, as JPEG defines them (ITU-R BT.601)."""


def luma_chroma(image: Float[Tensor, "B 3 *size"]) -> Float[Tensor, "B 3 *size"]:
    """Turn RGB into Y, Cb and Cr, chroma shifted by 1/2 so that all lie in [0, 1].

    Args:
        image: red, green and blue in [0, 1], (B, 3, *size).

    Returns:
        Y, Cb and Cr, (B, 3, *size).

    Example:
        >>> luma_chroma(torch.ones(1, 3, 1, 1)).flatten()  # white has no chroma
        tensor([1.0000, 0.5000, 0.5000])
    """
    red, green, blue = image.unbind(dim=1)
    Y, Cb, Cr = (r * red + g * green + b * blue for r, g, b in LUMA_CHROMA)
    return torch.stack([Y, Cb + 0.5, Cr + 0.5], dim=1)
