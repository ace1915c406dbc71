"""In sigpy's own algorithms."""

import numpy as np
import pytest
import torch

from monai_blurvae.priors import ComplexPrior, IntensityRange
from tests.priors.conftest import SIZE, complex_images
from tests.priors.test_base import Quadratic

sigpy = pytest.importorskip("sigpy")

from monai_blurvae.priors.adapters.sigpy import SigpyProx  # noqa: E402

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
