"""In sigpy's own algorithms."""

import numpy as np
import pytest
import torch

from monai_blurvae.mri import CartesianEncoding, TotalVariation, simulated_coil_maps
from monai_blurvae.priors import ComplexPrior, IntensityRange, JointMAP
from tests.priors.conftest import SIZE, complex_images
from tests.priors.test_base import Quadratic

sigpy = pytest.importorskip("sigpy")

from monai_blurvae.priors.adapters.sigpy import SigpyProx, SolverRecon  # noqa: E402

SHAPE = (SIZE, SIZE)


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_the_proximal_step_is_the_priors(prior, dtype):
    wrapped = ComplexPrior(
        prior.to(torch.float32 if dtype is np.complex64 else torch.float64), IntensityRange(3.0)
    )
    x = complex_images(1).numpy().astype(dtype)
    moved = SigpyProx(wrapped, SHAPE, steps=4)(0.05, x[0, 0])
    assert moved.dtype == dtype
    np.testing.assert_allclose(moved, wrapped.prox(torch.from_numpy(x), 0.05, 4)[0, 0])


def test_a_quadratic_energy_is_sigpys_own_squared_norm():
    x = complex_images(1)[0, 0].real.numpy()
    oracle = sigpy.prox.L2Reg(SHAPE, 3.0)  # 3/2 |x|^2
    np.testing.assert_allclose(SigpyProx(Quadratic(), SHAPE)(0.4, x), oracle(0.4, x), atol=1e-12)


def test_sigpys_gradient_method_lowers_the_objective(prior):
    wrapped, generator = ComplexPrior(prior, IntensityRange(3.0)), np.random.default_rng(0)
    mask = generator.random(SHAPE) < 0.6
    E = sigpy.linop.Multiply(SHAPE, mask) * sigpy.linop.FFT(SHAPE)
    y = E(complex_images(1)[0, 0].numpy())
    weight, x = 0.002, E.H(y)

    def objective(v):
        return np.linalg.norm(E(v) - y) ** 2 / 2 + weight * float(
            wrapped.energy(torch.from_numpy(v)[None, None])
        )

    before = objective(x)
    algorithm = sigpy.alg.GradientMethod(
        lambda v: E.H(E(v) - y),
        x,
        alpha=1.0,
        proxg=lambda alpha, v: SigpyProx(wrapped, SHAPE, steps=5)(alpha * weight, v),
        max_iter=5,
    )
    while not algorithm.done():
        algorithm.update()
    assert objective(algorithm.x) < before


def test_a_shape_that_is_no_slices_is_refused(prior):
    with pytest.raises(ValueError, match=r"`shape` must be that of a slice, \(H, W\), got \(1, 8, 8\)"):
        SigpyProx(prior, (1, *SHAPE))


def test_an_app_gives_the_solvers_own_image_of_what_was_sampled():
    maps = simulated_coil_maps(3, SHAPE)
    encoding = CartesianEncoding(torch.rand(SHAPE, generator=torch.Generator().manual_seed(0)) < 0.6, maps)
    y = encoding(complex_images(1).to(torch.complex64))
    own = TotalVariation(1e-3, 5).reconstruct(y, encoding).image[0, 0]
    app = SolverRecon(y[0].numpy(), maps[0].numpy(), TotalVariation(1e-3, 5), show_pbar=False)
    image = app.run()
    assert isinstance(app, sigpy.app.App)
    np.testing.assert_allclose(image, own.numpy())
    oracle = sigpy.mri.linop.Sense(maps[0].numpy())(image) * encoding.mask[0, 0].numpy()
    np.testing.assert_allclose(oracle, encoding(own[None, None])[0].numpy(), atol=1e-6)  # sigpy's own E


def test_an_app_passes_the_noise_level_to_the_prior(prior):
    maps = simulated_coil_maps(3, SHAPE)
    y = CartesianEncoding(torch.ones(SHAPE), maps)(complex_images(1).to(torch.complex64))
    solver = JointMAP(prior.float(), iterations=2)
    found = solver.reconstruct(y, CartesianEncoding(torch.ones(SHAPE), maps), noise_std=0.5)
    app = SolverRecon(y[0].numpy(), maps[0].numpy(), solver, noise_std=0.5, show_pbar=False)
    np.testing.assert_allclose(app.run(), found.image[0, 0].numpy(), rtol=1e-5)


def test_k_space_and_maps_of_different_sizes_are_refused():
    y = np.ones((3, *SHAPE), dtype=np.complex64)
    for maps in (y[:2], y[None]):
        with pytest.raises(ValueError, match=r"`y` and `mps` must both be \(coils, H, W\), got \(3, 8, 8\)"):
            SolverRecon(y, maps, TotalVariation())
