"""A prior in mrpro's operators and optimisers: as a proximable functional (extra `mrpro`)."""

from torch import Tensor
from typing_extensions import override

from monai_blurvae.extras import from_extra
from monai_blurvae.priors.base import Prior


class MrproPrior(from_extra("mrpro.operators.Functional", "mrpro").ProximableFunctional):  # type: ignore[misc]
    """f(x) = U(x) in nats, summed over all slices, with its proximal operator, for mrpro's `pgd`.

    Images are those of mrpro, (..., H, W); every other axis counts slices. A weight multiplies it, as mrpro's
    own: `weight * MrproPrior(prior)`. U is not convex: `prox` gives a local minimum downhill of x.

    Args:
        prior: the prior; `ComplexPrior` for complex images.
        steps: gradient steps of a proximal step.
    """

    def __init__(self, prior: Prior, steps: int = 5) -> None:
        super().__init__()
        self.prior = prior
        self.steps = steps

    @override
    def forward(self, x: Tensor) -> tuple[Tensor]:
        return (self.prior.energy(_slices(x)).sum(),)

    @override
    def prox(self, x: Tensor, sigma: Tensor | float = 1.0) -> tuple[Tensor]:
        return (self.prior.prox(_slices(x), sigma, self.steps).reshape(x.shape),)


def _slices(x: Tensor) -> Tensor:
    return x.reshape(-1, 1, *x.shape[-2:])
