"""Likelihoods: bits per dimension, and the figure of the paper's table 6."""

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

from ignite.metrics import Metric
from torch import Tensor, nn

from monai_blurvae.functional import bits_per_dimension, kl_divergence
from monai_blurvae.keys import Keys
from monai_blurvae.metrics.base import Output, PerImageMean, present
from monai_blurvae.metrics.not_computed import Unavailable


@runtime_checkable
class Likelihood(Protocol):
    """A loss with a true negative log-likelihood at a given scale: bits per dimension need one."""

    def neg_log_likelihood(
        self, input: Tensor, target: Tensor, scale: float | Tensor, z: Tensor | None = None
    ) -> Tensor:
        """Give the negative log-likelihood of the images `target` in nats, (B,)."""


@runtime_checkable
class BoundedLikelihood(Protocol):
    """A loss that gives the reconstruction part of the figure in the paper's table 6."""

    def table6_bound(self, input: Tensor, target: Tensor, z: Tensor | None = None) -> Tensor:
        """Give the paper's own reconstruction figure in nats, (B,)."""


class BitsPerDimension(PerImageMean):
    """Mean over images of (nll + KL) / (D log 2) + log2(127.5), a bound on the bits of 256-level values.

    The likelihood is taken at a sampled z, with the kernel of that z, the exact determinant and a scale that
    was fitted on training data: otherwise the likelihoods of two models cannot be compared.

    Args:
        loss: the likelihood.
        scale: a network with the buffer `scale`, or a function that gives the scale s; asked for every batch.
    """

    def __init__(self, loss: Likelihood, scale: nn.Module | Callable[[], Any]) -> None:
        self.loss = loss
        self.scale = scale
        super().__init__()

    def values(self, output: Output) -> Tensor:
        """Measure each image's bound.

        Args:
            output: the evaluator's output.

        Returns:
            Bits per dimension, (B,).
        """
        image = present(output, Keys.IMAGE)
        scale = self.scale.get_buffer("scale") if isinstance(self.scale, nn.Module) else self.scale()
        nll = self.loss.neg_log_likelihood(present(output, Keys.SAMPLED), image, scale, output.get(Keys.Z))
        kl = kl_divergence(present(output, Keys.MU), present(output, Keys.LOG_VAR))
        return bits_per_dimension(nll + kl, dimensions=image[0].numel())


class Table6Bound(PerImageMean):
    """Mean over images of the figure that the paper's table 6 prints, reconstruction part plus KL, in nats.

    It has no 2 pi term, the determinant's approximation at epsilon = 0.5 and scale 1: only comparable with
    the paper, since it bounds nothing. See `BitsPerDimension`.

    Args:
        loss: a likelihood that has this figure.
    """

    def __init__(self, loss: BoundedLikelihood) -> None:
        self.loss = loss
        super().__init__()

    def values(self, output: Output) -> Tensor:
        """Measure each image's figure.

        Args:
            output: the evaluator's output.

        Returns:
            Nats, (B,).
        """
        image, x_hat = present(output, Keys.IMAGE), present(output, Keys.SAMPLED)
        bound = self.loss.table6_bound(x_hat, image, output.get(Keys.Z))
        return bound + kl_divergence(present(output, Keys.MU), present(output, Keys.LOG_VAR))


def likelihood_metrics(loss: Any, scale: nn.Module | Callable[[], Any]) -> dict[str, Metric]:  # noqa: ANN401
    """Make the measures of likelihood, or placeholders where a loss does not allow them.

    Args:
        loss: any reconstruction term, with the attribute `is_likelihood`.
        scale: a network with the buffer `scale`, or a function that gives the scale s.

    Returns:
        `bits_per_dimension` and `table6_bound`.
    """
    if not loss.is_likelihood:
        reason = "not a likelihood"
        return {"bits_per_dimension": Unavailable(reason), "table6_bound": Unavailable(reason)}
    return {
        "bits_per_dimension": BitsPerDimension(loss, scale),
        "table6_bound": Table6Bound(loss)
        if isinstance(loss, BoundedLikelihood)
        else Unavailable("the paper defines it only for L2 and Wiener blur"),
    }
