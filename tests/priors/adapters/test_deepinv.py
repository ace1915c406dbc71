"""In deepinv's own optimisers, with its own physics and its own priors as oracles."""

import pytest
import torch

from monai_blurvae.priors import ComplexPrior, IntensityRange, PatchTiling, TiledPrior
from tests.priors.conftest import SIZE, complex_images
from tests.priors.test_base import Quadratic

deepinv = pytest.importorskip("deepinv")

from deepinv.optim import ADMM, GD, HQS, L2, PGD, PnP, Tikhonov  # noqa: E402
from deepinv.physics import MRI, MultiCoilMRI  # noqa: E402

from monai_blurvae.priors.adapters.deepinv import DeepinvDenoiser, DeepinvPrior  # noqa: E402

SIDE = SIZE + 4
PARAMETERS = {"lambda_reg": 0.001, "stepsize": 0.5, "max_iter": 3}


class HalfSquare(Quadratic):
    """deepinv's Tikhonov prior, in our terms."""

    c = 1.0


@pytest.fixture(params=["one coil", "four coils"])
def physics(request):
    generator = torch.Generator().manual_seed(0)
    mask = (torch.rand(SIDE, SIDE, generator=generator) < 0.6).double()
    if request.param == "one coil":
        return MRI(mask=mask)
    maps = torch.randn(1, 4, SIDE, SIDE, dtype=torch.complex128, generator=generator)
    return MultiCoilMRI(mask=mask, coil_maps=maps / maps.abs().square().sum(1, keepdim=True).sqrt())


@pytest.fixture
def wrapped(prior):
    return ComplexPrior(TiledPrior(prior, PatchTiling((SIZE, SIZE))), IntensityRange(3.0))


@pytest.fixture
def x():
    image = complex_images(2, SIDE, SIDE)
    return torch.cat([image.real, image.imag], dim=1)


@pytest.mark.parametrize("optimiser", [PGD, GD, HQS, ADMM])
def test_every_optimiser_does_as_with_its_own_prior(optimiser, physics, x):
    y = physics(x)
    results = [
        optimiser(data_fidelity=L2(), prior=prior, lambda_reg=0.3, stepsize=0.5, max_iter=5)(y, physics)
        for prior in (DeepinvPrior(HalfSquare()), Tikhonov())
    ]
    torch.testing.assert_close(*results)


@pytest.mark.parametrize("optimiser", [PGD, GD, HQS])
def test_reconstructions_lower_the_objective(optimiser, wrapped, physics, x):
    y, fidelity, prior = physics(x), L2(), DeepinvPrior(wrapped, steps=5)
    model = optimiser(data_fidelity=fidelity, prior=prior, **PARAMETERS)
    start = physics.A_adjoint(y)
    with torch.no_grad():
        end = model(y, physics)

    def objective(v):
        return fidelity(v, y, physics).sum() + PARAMETERS["lambda_reg"] * prior(v).sum()

    assert end.shape == x.shape
    assert objective(end) < objective(start)


def test_plug_and_play_takes_the_denoiser(wrapped, physics, x):
    model = PGD(
        data_fidelity=L2(),
        prior=PnP(DeepinvDenoiser(wrapped, steps=3)),
        sigma_denoiser=0.05,
        max_iter=2,
        stepsize=1.0,
    )
    assert model(physics(x), physics).isfinite().all()


def test_function_gradient_and_proximal_step_are_the_priors(wrapped, x):
    prior = DeepinvPrior(wrapped, steps=4)
    torch.testing.assert_close(prior(x, 0.1), wrapped.energy(x))
    torch.testing.assert_close(prior.grad(x, 0.1), wrapped.grad(x))
    torch.testing.assert_close(prior.prox(x, 0.1, gamma=0.02), wrapped.prox(x, 0.02, 4))
    by_autograd = deepinv.optim.Prior.grad(prior, x.clone())  # deepinv's own, from the function
    torch.testing.assert_close(prior.grad(x), by_autograd)


def test_the_denoiser_takes_one_noise_level_or_one_an_image(wrapped, x):
    denoiser = DeepinvDenoiser(wrapped, steps=4)
    torch.testing.assert_close(denoiser(x, 0.1), denoiser(x, torch.tensor([0.1, 0.1])))
    apart = torch.cat([denoiser(x[:1], 0.1), denoiser(x[1:], 0.3)])
    torch.testing.assert_close(denoiser(x, torch.tensor([0.1, 0.3])), apart)
