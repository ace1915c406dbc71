"""A prior in sigpy's algorithms and apps: as a proximal operator (extra `mri`)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sigpy.prox import Prox

from monai_blurvae.priors.base import Prior


class SigpyProx(Prox):  # type: ignore[misc]
    """prox of alpha U for one slice: what lowers 1/2 |v - x|^2 + alpha U(v), U in nats.

    Args:
        prior: the prior, on any device; `ComplexPrior` for complex images.
        shape: shape of the slice, (H, W).
        steps: gradient steps of a proximal step.

    Raises:
        ValueError: If the shape is not that of one slice.
    """

    def __init__(self, prior: Prior, shape: Sequence[int], steps: int = 20) -> None:
        if len(shape) != 2:
            raise ValueError(f"`shape` must be that of a slice, (H, W), got {tuple(shape)}")
        super().__init__(shape)
        self.prior = prior
        self.steps = steps

    def _prox(self, alpha: float, input: NDArray[Any]) -> NDArray[Any]:
        tensors = [*self.prior.parameters(), *self.prior.buffers()]
        device = tensors[0].device if tensors else None
        x = torch.as_tensor(np.ascontiguousarray(input), device=device)[None, None]
        if tensors:  # sigpy's arrays are often of double precision, networks are not
            precision = tensors[0].dtype
            x = x.to(precision.to_complex() if x.is_complex() else precision)
        result: NDArray[Any] = self.prior.prox(x, float(alpha), self.steps)[0, 0].cpu().numpy()
        return result.astype(input.dtype)
