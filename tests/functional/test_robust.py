import math

import pytest
import torch
from scipy.integrate import quad
from scipy.special import k1

from monai_blurvae.functional import log_partition, robust_error, robust_negative_log_likelihood

ALPHAS = [0.01, 0.3, 1.0, 1.5, 1.9, 1.999]


def scalar(value):
    return torch.tensor(value, dtype=torch.float64)


def integral(density):
    """Over the whole axis: the tails by t = 1 / u."""
    middle = quad(density, 0, 4, epsabs=1e-11, epsrel=1e-10, limit=200)[0]
    tail = quad(lambda u: density(1 / u) / u**2, 0, 1 / 4, epsabs=1e-11, epsrel=1e-10, limit=200)[0]
    return 2 * (middle + tail)


def as_printed(t, alpha):
    """Barron's equation 8, in plain floats."""
    return (abs(alpha - 2) / alpha) * ((t**2 / abs(alpha - 2) + 1) ** (alpha / 2) - 1)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_it_is_the_papers_formula(alpha):
    t = torch.linspace(-5, 5, 41, dtype=torch.float64)
    wanted = torch.tensor([as_printed(value, alpha) for value in t.tolist()], dtype=torch.float64)
    torch.testing.assert_close(robust_error(t, scalar(alpha)), wanted)


@pytest.mark.parametrize(
    ("alpha", "limit"),
    [
        (2.0, lambda t: t.square() / 2),
        (1.0, lambda t: (t.square() + 1).sqrt() - 1),
        (0.0, lambda t: (t.square() / 2).log1p()),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_squared_charbonnier_and_cauchy_errors_are_special_cases(alpha, limit, dtype):
    t = torch.linspace(-30, 30, 61, dtype=dtype)
    torch.testing.assert_close(robust_error(t, torch.tensor(alpha, dtype=dtype)), limit(t), rtol=5e-6, atol=0)


@pytest.mark.parametrize(
    ("alpha", "Z"), [(2.0, math.sqrt(2 * math.pi)), (1.0, 2 * math.e * k1(1)), (0.0, math.pi * math.sqrt(2))]
)
def test_the_partition_function_has_three_closed_forms(alpha, Z):
    torch.testing.assert_close(log_partition(scalar(alpha)), scalar(math.log(Z)), rtol=0, atol=1e-10)


@pytest.mark.parametrize("scale", [0.05, 2.0])
@pytest.mark.parametrize("alpha", ALPHAS)
def test_the_density_integrates_to_one(alpha, scale):
    def density(t):
        nll = robust_negative_log_likelihood(scalar(t * scale), scalar(alpha), scalar(scale))
        return scale * math.exp(-float(nll))

    assert integral(density) == pytest.approx(1, abs=1e-9)


def test_at_its_ends_it_is_the_normal_and_the_cauchy_density():
    r, c = torch.linspace(-2, 2, 9, dtype=torch.float64), scalar(0.3)
    for alpha, density in (
        (2.0, torch.distributions.Normal(0, c)),
        (0.0, torch.distributions.Cauchy(0, c * math.sqrt(2))),
    ):
        given = robust_negative_log_likelihood(r, scalar(alpha), c)
        torch.testing.assert_close(given, -density.log_prob(r), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("alpha", [0.1, 0.7, 1.3, 1.9])
def test_the_partition_functions_slope_is_minus_the_mean_slope_of_the_error(alpha):
    # d log Z / d alpha = - E[d rho / d alpha], with rho's slope by central differences of the printed formula
    a = scalar(alpha).requires_grad_()
    (slope,) = torch.autograd.grad(log_partition(a), a)
    Z, h = math.exp(float(log_partition(scalar(alpha)))), 1e-5

    def weighted(t):
        difference = as_printed(t, alpha + h) - as_printed(t, alpha - h)
        return math.exp(-as_printed(t, alpha)) * difference / (2 * h) / Z

    assert float(slope) == pytest.approx(-integral(weighted), abs=1e-6)


def test_it_passes_gradcheck_in_residual_shape_and_scale():
    r = torch.tensor([-1.3, -0.2, 0.0, 0.05, 0.9], dtype=torch.float64, requires_grad=True)
    alpha, scale = scalar(1.2).requires_grad_(), scalar(0.4).requires_grad_()
    assert torch.autograd.gradcheck(robust_negative_log_likelihood, (r, alpha, scale))


@pytest.mark.parametrize("alpha", [0.0, 1e-6, 1.0, 2 - 1e-6, 2.0])
def test_gradients_are_finite_in_float32_over_the_whole_range(alpha):
    r = torch.tensor([0.0, 1e-8, 1.0, 1e4], requires_grad=True)
    a, scale = torch.tensor(alpha, requires_grad=True), torch.tensor(0.1, requires_grad=True)
    robust_negative_log_likelihood(r, a, scale).sum().backward()
    assert all(t.grad.isfinite().all() for t in (r, a, scale))


def test_half_types_are_computed_in_float32():
    r = torch.tensor([0.5, 0.25]).bfloat16()
    assert robust_error(r, torch.tensor(1.0)).dtype == torch.float32
