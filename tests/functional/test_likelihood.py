import math

import pytest
import torch
from torch.distributions import Laplace, MultivariateNormal, Normal

from monai_blurvae.functional import (
    bits_per_dimension,
    half_log_determinant,
    negative_log_likelihood,
    optimal_scale,
    transfer_function,
    weighted_error,
)
from tests.oracles import images_and_kernels, wiener_matrix

C = 0.025


@pytest.mark.parametrize(("exponent", "distribution"), [(2, Normal), (1, Laplace)])
def test_with_identity_covariance_it_is_torchs_density(exponent, distribution):
    x, x_hat, _ = images_and_kernels((4, 5), (3, 3))
    scale = 0.3
    error = (x - x_hat).abs().pow(exponent).flatten(1).sum(dim=1)
    given = negative_log_likelihood(error, torch.zeros_like(error), 40, scale, exponent)
    torch.testing.assert_close(given, -distribution(x_hat, scale).log_prob(x).flatten(1).sum(dim=1))


def test_with_wiener_weights_and_the_exact_determinant_it_is_the_dense_gaussian():
    x, x_hat, kernel = images_and_kernels((4, 5), (3, 3), channels=1)
    scale = 0.7
    q = weighted_error(x, x_hat, kernel, C)
    h = half_log_determinant(transfer_function(kernel, (4, 5)), C, (4, 5), 1, "exact")
    given = negative_log_likelihood(q, h, 20, scale, 2)
    for i in range(2):
        W = wiener_matrix(kernel[i], C, (4, 5))
        dense = MultivariateNormal(x_hat[i].flatten(), precision_matrix=W.T @ W / scale**2)
        torch.testing.assert_close(given[i], -dense.log_prob(x[i].flatten()))


@pytest.mark.parametrize("exponent", [1, 2])
def test_the_optimal_scale_is_the_argmin(exponent):
    error, h = torch.rand(5, dtype=torch.float64) * 9 + 1, torch.randn(5, dtype=torch.float64)
    best = optimal_scale(error.mean(), 12, exponent).requires_grad_()
    negative_log_likelihood(error, h, 12, best, exponent).mean().backward()
    torch.testing.assert_close(best.grad, torch.zeros_like(best), atol=1e-10, rtol=0)
    at_best = negative_log_likelihood(error, h, 12, best.detach(), exponent).mean()
    for factor in (0.5, 0.99, 1.01, 2.0):
        assert negative_log_likelihood(error, h, 12, best.detach() * factor, exponent).mean() > at_best


@pytest.mark.parametrize("exponent", [1, 2])
def test_the_gradient_through_the_optimal_scale_equals_the_one_past_it(exponent):
    error = (torch.rand(5, dtype=torch.float64) + 1).requires_grad_()
    h = torch.zeros_like(error)
    through, past = (
        torch.autograd.grad(negative_log_likelihood(error, h, 12, s, exponent).mean(), error)[0]
        for s in (
            optimal_scale(error.mean(), 12, exponent),
            optimal_scale(error.detach().mean(), 12, exponent),
        )
    )
    torch.testing.assert_close(through, past)


def test_at_the_optimal_scale_a_gaussian_error_costs_half_a_nat_a_value():
    error = torch.full((3,), 7.0, dtype=torch.float64)
    scale = optimal_scale(error.mean(), 10, 2)
    given = negative_log_likelihood(error, torch.zeros_like(error), 10, scale, 2)
    torch.testing.assert_close(given, torch.full_like(given, 5 * (math.log(2 * math.pi * 0.7) + 1)))


def test_a_perfect_reconstruction_has_a_finite_likelihood():
    zero = torch.zeros(2)
    scale = optimal_scale(zero.mean(), 10, 2)
    assert negative_log_likelihood(zero, zero, 10, scale, 2).isfinite().all()


def test_a_uniform_density_over_the_range_costs_the_logarithm_of_its_levels():
    nats = torch.tensor([6 * math.log(2)], dtype=torch.float64)  # density 1/2 over [-1, 1], six values
    torch.testing.assert_close(bits_per_dimension(nats, 6), torch.tensor([math.log2(255)]).double())


@pytest.mark.parametrize("exponent", [0, 3])
def test_other_exponents_are_refused(exponent):
    with pytest.raises(ValueError, match="`exponent` must be 1"):
        optimal_scale(torch.tensor(1.0), 1, exponent)
    with pytest.raises(ValueError, match="`exponent` must be 1"):
        negative_log_likelihood(torch.ones(1), torch.ones(1), 1, 1.0, exponent)


@pytest.mark.parametrize("scale", [0, -1.0, math.nan, math.inf])
def test_a_scale_that_is_not_positive_is_refused(scale):
    with pytest.raises(ValueError, match=f"`scale` must be positive and finite, got {scale}"):
        negative_log_likelihood(torch.ones(2), torch.ones(2), 16, scale, 2)


def test_values_that_are_none_have_no_bits():
    with pytest.raises(ValueError, match="`dimensions` must be an integer of at least 1, got 0"):
        bits_per_dimension(torch.ones(2), 0)
