"""In deepinv's own optimisers, with its own physics and its own priors as oracles."""

import pytest
import torch

from monai_blurvae.mri import (
    CartesianEncoding,
    CGSense,
    Reconstruction,
    Solver,
    TotalVariation,
    espirit_maps,
    simulated_coil_maps,
)
from monai_blurvae.priors import ComplexPrior, IntensityRange, JointMAP, PatchTiling, TiledPrior
from tests.priors.conftest import SIZE, complex_images
from tests.priors.test_base import Quadratic

deepinv = pytest.importorskip("deepinv")

from deepinv.optim import ADMM, GD, HQS, L2, PGD, PnP, Tikhonov  # noqa: E402
from deepinv.physics import MRI, MultiCoilMRI  # noqa: E402

from monai_blurvae.priors.adapters.deepinv import DeepinvDenoiser, DeepinvPrior, DeepinvReconstructor  # noqa: E402

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


@pytest.mark.parametrize("noise", [None, 0.05])
def test_a_solver_as_a_reconstructor_gives_its_own_image(noise, physics, x):
    if noise is not None:
        physics.set_noise_model(deepinv.physics.GaussianNoise(noise))
    y = physics(x)
    solver = TotalVariation(1e-3, 5) if noise is None else OfNoise()
    maps = physics.coil_maps if isinstance(physics, MultiCoilMRI) else None
    complex_y = torch.complex(y[:, 0], y[:, 1]).reshape(2, -1, SIDE, SIDE)
    std = None if noise is None else noise * 2**0.5
    own = solver.reconstruct(complex_y, CartesianEncoding(physics.mask[0, 0], maps), noise_std=std).image
    with torch.no_grad():
        image = DeepinvReconstructor(solver)(y, physics)
    torch.testing.assert_close(image, torch.cat([own.real, own.imag], dim=1))


class OfNoise(Solver):
    """The noise level as an image."""

    def reconstruct(self, y, encoding, *, noise_std=None, **_):
        return Reconstruction(torch.zeros_like(y[:, :1]) + noise_std)


def test_a_prior_reconstructs_behind_no_grad(prior, physics, x):
    solver = JointMAP(prior, iterations=2, cg_iterations=3)
    y = physics(x)
    with torch.no_grad():
        image = DeepinvReconstructor(solver)(y, physics)
    assert image.shape == x.shape
    assert not image.requires_grad
    assert (physics(image) - y).norm() < (physics(torch.zeros_like(x)) - y).norm() / 2


def test_coil_maps_are_estimated_where_the_physics_has_none():
    maps = simulated_coil_maps(4, (32, 32))
    image = torch.complex(*torch.rand(2, 1, 1, 32, 32))
    kspace = CartesianEncoding(torch.ones(32, 32), maps)(image)
    estimated = espirit_maps(kspace, 12)
    y = torch.view_as_real(kspace).movedim(-1, 1)
    given = MultiCoilMRI(mask=torch.ones(32, 32), coil_maps=estimated)
    none = MultiCoilMRI(mask=torch.ones(32, 32), img_size=(32, 32))
    solver = CGSense()
    torch.testing.assert_close(
        DeepinvReconstructor(solver, calibration_width=12)(y, none), DeepinvReconstructor(solver)(y, given)
    )


def test_what_a_reconstructor_cannot_use_is_refused(x):
    model = DeepinvReconstructor(CGSense())
    with pytest.raises(ValueError, match="`physics` must be MRI or MultiCoilMRI of slices, got Denoising"):
        model(x, deepinv.physics.Denoising())
    with pytest.raises(ValueError, match="of slices, got MRI"):
        model(x, MRI(img_size=(2, 4, SIDE, SIDE), three_d=True))
    with pytest.raises(ValueError, match=r"`y` must be \(B, 2, coils, H, W\) for MultiCoilMRI, got \(2, 2, "):
        model(x, MultiCoilMRI(img_size=(SIDE, SIDE)))
    with pytest.raises(ValueError, match=r"`y` must be \(B, 2, H, W\) for MRI, got \(2, 1, "):
        model(x[:, :1], MRI(img_size=(SIDE, SIDE)))
    with pytest.raises(ValueError, match="`calibration_width` must be"):
        DeepinvReconstructor(CGSense(), calibration_width=0)
