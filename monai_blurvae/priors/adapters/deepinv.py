"""A prior in deepinv's optimisers: as an explicit prior, and as a denoiser (extra `deepinv`)."""

from typing import Any

import torch
from torch import Tensor
from typing_extensions import override

from monai_blurvae.extras import from_extra
from monai_blurvae.priors.base import Prior
from monai_blurvae.shapes import PerImage


class DeepinvPrior(from_extra("deepinv.optim", "deepinv").Prior):  # type: ignore[misc]
    """g(x) = U(x) in nats: where the fidelity is 1/2 |A x - y|^2, `lambda_reg` is the noise's variance.

    deepinv's MRI physics has images of real and imaginary channels, (B, 2, H, W): wrap the prior of
    magnitudes in `ComplexPrior` first. The parameter that deepinv's optimisers pass to their priors
    (`g_param`) is ignored.

    Args:
        prior: the prior.
        steps: gradient steps of a proximal step.
    """

    def __init__(self, prior: Prior, steps: int = 20) -> None:
        super().__init__()
        self.explicit_prior = True
        self.prior = prior
        self.steps = steps

    @override
    def fn(self, x: Tensor, *_: Any, **__: Any) -> PerImage:
        return self.prior.energy(x)

    @override
    def grad(self, x: Tensor, *_: Any, **__: Any) -> Tensor:
        return self.prior.grad(x)

    @override
    def prox(self, x: Tensor, *_: Any, gamma: float | Tensor = 1.0, **__: Any) -> Tensor:
        return self.prior.prox(x, gamma, self.steps)


class DeepinvDenoiser(from_extra("deepinv.models", "deepinv").Denoiser):  # type: ignore[misc]
    """The most probable image behind white noise, as a denoiser for plug-and-play methods.

    Args:
        prior: the prior.
        steps: gradient steps of a denoising.
    """

    def __init__(self, prior: Prior, steps: int = 20) -> None:
        torch.nn.Module.__init__(self)  # deepinv's own moves what it holds to the CPU
        self.prior = prior
        self.steps = steps

    @override
    def forward(self, x: Tensor, sigma: float | Tensor, **_: Any) -> Tensor:
        return self.prior.denoise(x, sigma, self.steps)
