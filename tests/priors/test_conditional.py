import pytest
import torch
from torch.autograd.functional import hessian

from monai_blurvae.losses import L1Loss, RobustLoss
from monai_blurvae.priors import GaussianConditional
from tests.priors.conftest import GAUSSIAN, SIZE, gaussian_losses, images, small_pixel_scale

PIXELS = SIZE * SIZE
UNITS = torch.eye(PIXELS, dtype=torch.float64).view(PIXELS, 1, SIZE, SIZE)

losses = pytest.mark.parametrize("loss", gaussian_losses(), ids=GAUSSIAN)
scales = pytest.mark.parametrize("scaled", [False, True], ids=["one scale", "pixel scales"])


@pytest.fixture
def make(make_prior):
    """A prior, latents, and p(x | z) of them."""

    def of(loss, scaled, n=1):
        prior = make_prior(loss, pixel_scale=small_pixel_scale() if scaled else None)
        z = torch.randn(n, 5, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
        return prior, z, prior.conditional(z)

    return of


def matrix(apply):
    """What a linear map of one image does to every unit image, a row each."""
    return apply(UNITS).flatten(1)


@scales
@losses
def test_the_precision_is_the_second_derivative_of_the_negative_log_likelihood(make, loss, scaled):
    prior, z, conditional = make(loss, scaled)
    dense = hessian(lambda x: prior.joint_energy(x, z).sum(), images(1)).view(PIXELS, PIXELS)
    torch.testing.assert_close(matrix(conditional.precision), dense)


@scales
@losses
def test_the_precision_of_the_residual_is_the_gradient(make, loss, scaled):
    prior, z, conditional = make(loss, scaled, n=3)
    x = images(3).requires_grad_()
    (gradient,) = torch.autograd.grad(prior.joint_energy(x, z).sum(), x)
    torch.testing.assert_close(conditional.precision(x.detach() - conditional.mean), gradient)
    torch.testing.assert_close(conditional.mean, prior.network.decode(z))


@scales
@losses
def test_white_noise_becomes_noise_whose_covariance_is_the_precision(make, loss, scaled):
    conditional = make(loss, scaled)[2]
    L = matrix(conditional.draw_precision).T
    torch.testing.assert_close(L @ L.T, matrix(conditional.precision))


@scales
def test_conditionals_put_together_are_those_of_all_latents(make, scaled):
    prior, z, conditional = make(gaussian_losses()[1], scaled, n=3)
    together = GaussianConditional.cat([prior.conditional(part.requires_grad_()) for part in z.split(2)])
    for name in ("mean", "eigenvalues", "inverse_g"):
        torch.testing.assert_close(getattr(together, name), getattr(conditional, name))
        assert not getattr(together, name).requires_grad


@pytest.mark.parametrize("loss", [L1Loss(), RobustLoss()])
def test_a_likelihood_that_is_not_gaussian_has_no_precision(make_prior, loss):
    prior = make_prior(loss)
    with pytest.raises(ValueError, match=f"`loss` must be a Gaussian likelihood.* got {type(loss).__name__}"):
        prior.conditional(torch.zeros(1, 5, dtype=torch.float64))
