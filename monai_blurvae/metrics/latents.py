"""Information in the latents: the KL divergence of the posterior, and the number of active units."""

import torch
from torch import Tensor
from typing_extensions import override

from monai_blurvae.functional import kl_divergence
from monai_blurvae.keys import Keys
from monai_blurvae.metrics.base import Output, PerImageMean, present

ACTIVE_VARIANCE = 0.01
"""A latent unit is active if the variance of its mean over the data is above this (Burda et al. 2016)."""


class KLDivergence(PerImageMean):
    """Mean over images of KL(q(z|x) || p(z)) in nats: the rate. Latents are vectors or feature maps."""

    @override
    def values(self, output: Output) -> Tensor:
        return kl_divergence(present(output, Keys.MU), present(output, Keys.LOG_VAR))


class ActiveUnits(PerImageMean):
    """Number of active latent units: those whose posterior mean varies over the data, var(mu) > 0.01.

    The variance is that of the population, from the sums of mu and mu^2. Each element of a feature map is a
    unit.

    References:
        Burda, Grosse, Salakhutdinov, Importance Weighted Autoencoders, ICLR 2016.
    """

    @override
    def values(self, output: Output) -> Tensor:
        mu = present(output, Keys.MU).cpu().double().flatten(1)
        return torch.stack([mu, mu.square()], dim=1)  # (B, 2, latent)

    @override
    def result(self, mean: Tensor) -> int:
        return int((mean[1] - mean[0].square() > ACTIVE_VARIANCE).sum())
