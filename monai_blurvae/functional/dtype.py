"""The one rule of precision: half types are computed in float32, float64 stays float64."""

import torch
from torch import Tensor


def at_least_float32(tensor: Tensor) -> Tensor:
    """Raise a half or bfloat16 tensor to float32 and leave wider ones as they are.

    Sums over all pixels of an image overflow half and drown in bfloat16's eight bits, and neither has a
    Fourier transform on every device.

    Args:
        tensor: real tensor of any shape.

    Returns:
        The same values in float32 or float64.

    Example:
        >>> at_least_float32(torch.ones(2, dtype=torch.bfloat16)).dtype
        torch.float32
        >>> at_least_float32(torch.ones(2, dtype=torch.float64)).dtype
        torch.float64
    """
    return tensor if tensor.dtype == torch.float64 else tensor.float()
