"""In mrpro's own operators and optimisers, with its own functionals as oracles."""

import pytest
import torch

from monai_blurvae.priors import ComplexPrior, IntensityRange
from tests.priors.conftest import SIZE, complex_images
from tests.priors.test_base import Quadratic

mrpro = pytest.importorskip("mrpro", exc_type=ImportError)

from mrpro.algorithms.optimizers import pgd  # noqa: E402
from mrpro.operators import FastFourierOp  # noqa: E402
from mrpro.operators.functionals import L2NormSquared  # noqa: E402

from monai_blurvae.priors.adapters.mrpro import MrproPrior  # noqa: E402


class HalfSquare(Quadratic):
    """Half of mrpro's squared norm, in our terms."""

    c = 1.0


@pytest.fixture
def x():
    """Two slices as mrpro has them: (other, coils, z, y, x)."""
    return complex_images(2)[:, :, None]


@pytest.mark.parametrize("weight", [1.0, 0.3, torch.tensor(0.3)])
def test_a_quadratic_energy_is_mrpros_own(weight, x):
    real = x.real
    functional, oracle = weight * MrproPrior(HalfSquare()), weight * (0.5 * L2NormSquared())
    torch.testing.assert_close(functional(real), oracle(real))
    for sigma in (0.4, torch.tensor(2.0)):
        torch.testing.assert_close(functional.prox(real, sigma), oracle.prox(real, sigma))
        torch.testing.assert_close(
            functional.prox_convex_conj(real, sigma), oracle.prox_convex_conj(real, sigma)
        )


def test_value_gradient_and_proximal_step_are_the_priors_slice_by_slice(prior, x):
    wrapped = ComplexPrior(prior, IntensityRange(3.0))
    functional = MrproPrior(wrapped, steps=4)
    (value,) = functional(x)
    torch.testing.assert_close(value, wrapped.energy(x[:, 0]).sum())
    torch.testing.assert_close(torch.func.grad(lambda v: functional(v)[0])(x)[:, 0], wrapped.grad(x[:, 0]))
    (moved,) = functional.prox(x, 0.05)
    assert moved.shape == x.shape
    torch.testing.assert_close(moved[:, 0], wrapped.prox(x[:, 0], 0.05, 4))


def test_it_is_added_to_functionals_of_other_images(prior, x):
    functional = MrproPrior(ComplexPrior(prior, IntensityRange(3.0)), steps=2) | L2NormSquared()
    first, second = functional.prox(x, x, sigma=0.05)
    torch.testing.assert_close(second, x / 1.1)
    assert not torch.equal(first, x)


def test_mrpros_gradient_method_lowers_the_objective(prior, x):
    wrapped = ComplexPrior(prior, IntensityRange(3.0))
    mask = torch.rand(SIZE, SIZE, generator=torch.Generator().manual_seed(0)) < 0.6
    F = FastFourierOp(dim=(-2, -1))
    f = 0.5 * L2NormSquared(target=F(x)[0], weight=mask.double()) @ F
    g = 0.002 * MrproPrior(wrapped)
    start = F.adjoint(mask * F(x)[0])[0]
    (end,) = pgd(f=f, g=g, initial_value=start, stepsize=1.0, max_iterations=5)
    assert f(end)[0] + g(end)[0] < f(start)[0] + g(start)[0]
