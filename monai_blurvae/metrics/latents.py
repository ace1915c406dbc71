"""What the latents carry: the KL divergence of the posterior, and the number of units in use."""

import torch
from torch import Tensor

from monai_blurvae.functional import kl_divergence
from monai_blurvae.keys import Keys
from monai_blurvae.metrics.per_image import PerImageMean, present
from monai_blurvae.metrics.whole_output import Output

ACTIVE_VARIANCE = 0.01
"""A latent unit is in use when the variance of its mean over the data is above this (Burda et al. 2016)."""


class KLDivergence(PerImageMean):
    """Mean over images of KL(q(z|x) || p(z)), in nats per image: the rate that the latents carry."""

    def values(self, output: Output) -> Tensor:
        """Measure each image's divergence.

        Args:
            output: the evaluator's output.

        Returns:
            Divergences in nats, (B,).
        """
        return kl_divergence(present(output, Keys.MU), present(output, Keys.LOG_VAR))


class ActiveUnits(PerImageMean):
    """Number of latent units in use: those whose posterior mean varies over the data, var(mu) > 0.01.

    The variance is the population's, from the sums of mu and mu^2.

    References:
        Burda, Grosse, Salakhutdinov, Importance Weighted Autoencoders, ICLR 2016.
    """

    def values(self, output: Output) -> Tensor:
        """Measure each image's first two powers of mu.

        Args:
            output: the evaluator's output.

        Returns:
            mu and mu^2, (B, 2, latent).
        """
        mu = present(output, Keys.MU).cpu().double()
        return torch.stack([mu, mu.square()], dim=1)

    def result(self, mean: Tensor) -> int:
        """Count the units of large variance.

        Args:
            mean: mean of mu and of mu^2, (2, latent).

        Returns:
            The number of units in use.
        """
        return int((mean[1] - mean[0].square() > ACTIVE_VARIANCE).sum())
