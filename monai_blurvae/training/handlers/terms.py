"""The scalar terms of an engine's output: what scalars, progress and log all show."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from monai_blurvae.keys import Keys

ORDER = {str(key): rank for rank, key in enumerate(Keys)}


def scalar_terms(output: Mapping[str, Any]) -> dict[str, Any]:
    """Pick what is one number out of an engine's output, in the order of `Keys`: the loss first.

    Args:
        output: `engine.state.output`, images and numbers by key.

    Returns:
        The zero-dimensional tensors and numbers by plain string keys; names that are not in `Keys` come last.

    Example:
        >>> import torch
        >>> scalar_terms({"image": torch.zeros(2, 1, 4, 4), "scale": 1.0, "loss": torch.tensor(3.0)})
        {'loss': tensor(3.), 'scale': 1.0}
    """
    return {
        str(key): output[key]
        for key in sorted(output, key=lambda key: ORDER.get(key, len(ORDER)))
        if isinstance(output[key], (int, float))
        or (isinstance(output[key], Tensor) and output[key].ndim == 0)
    }
