"""The precision of computations: float32 for half types, float64 for float64."""

import torch
from torch import Tensor


def at_least_float32(tensor: Tensor) -> Tensor:
    """Raise a half or bfloat16 tensor to float32 and leave wider ones as they are.

    Sums over all pixels of an image overflow half precision, and bfloat16 has too few bits for them. Neither
    type has a Fourier transform on every device.

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
