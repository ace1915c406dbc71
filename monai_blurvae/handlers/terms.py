"""The scalar terms of an engine's output: what scalars, progress and log all show."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor


def scalar_terms(output: Mapping[str, Any]) -> dict[str, Any]:
    """Pick what is one number out of an engine's output.

    Args:
        output: `engine.state.output`, images and numbers by key.

    Returns:
        The zero-dimensional tensors and numbers, in their order, by plain string keys.

    Example:
        >>> import torch
        >>> scalar_terms({"image": torch.zeros(2, 1, 4, 4), "loss": torch.tensor(3.0), "scale": 1.0})
        {'loss': tensor(3.), 'scale': 1.0}
    """
    return {
        str(key): value
        for key, value in output.items()
        if isinstance(value, (int, float)) or (isinstance(value, Tensor) and value.ndim == 0)
    }
