import math

import pytest
import torch

from monai_blurvae.functional import negative_log_likelihood, optimal_scale
from monai_blurvae.losses import Energy, L1Loss, L2Loss, ScaledLikelihood
from tests.losses.test_base import batch, given_kernels
from tests.ranks import on_two_ranks

LOSSES = [L1Loss, L2Loss, given_kernels]


@pytest.mark.parametrize("make", LOSSES)
def test_the_optimal_scale_makes_the_batchs_likelihood_the_highest(make):
    x_hat, x, kernel = batch(6, 6)
    best = make(determinant="exact") if make is given_kernels else make("optimal")
    scale = best.batch_scale(best.energy(x_hat, x, kernel).error, 72)
    at_best = best(x_hat, x, kernel)
    torch.testing.assert_close(at_best, best.neg_log_likelihood(x_hat, x, scale, kernel).mean())
    for factor in (0.9, 1.1):
        assert best.neg_log_likelihood(x_hat, x, factor * scale, kernel).mean() > at_best


@pytest.mark.parametrize("make", LOSSES)
def test_the_loss_gradient_equals_one_that_flows_through_the_optimal_scale(make):
    x_hat, x, kernel = batch(6, 6)
    x_hat, x, kernel = x_hat.double().requires_grad_(), x.double(), kernel.double()
    loss = make()
    error, h = loss.energy(x_hat, x, kernel)
    through = negative_log_likelihood(
        error, h, 72, optimal_scale(error.mean(), 72, loss.exponent), loss.exponent
    )
    given, wanted = (
        torch.autograd.grad(v.mean(), x_hat)[0] for v in (loss.per_image(x_hat, x, kernel), through)
    )
    torch.testing.assert_close(given, wanted)


def test_a_fixed_scale_is_used_as_it_is_and_gives_torchs_gaussian():
    x_hat, x, _ = batch(6, 6)
    wanted = -torch.distributions.Normal(x_hat, 0.2).log_prob(x).flatten(1).sum(dim=1)
    torch.testing.assert_close(L2Loss(scale=0.2).per_image(x_hat, x), wanted)
    assert L2Loss(scale=0.2).batch_scale(torch.ones(3), 72) == torch.tensor(0.2)


def test_the_scale_carries_no_gradient():
    error = torch.ones(2, requires_grad=True)
    assert not L2Loss().batch_scale(error, 4).requires_grad


def test_a_likelihood_of_ones_own_needs_an_energy_alone():
    class Doubled(ScaledLikelihood):
        def energy(self, input, target, z=None):
            error = 2 * (target - input).square().flatten(1).sum(dim=1)
            return Energy(error, torch.full_like(error, -36 * math.log(2)))

    x_hat, x, _ = batch(6, 6)  # 72 values; a variance of 1/2 is a scale of sqrt(1/2)
    torch.testing.assert_close(
        Doubled(scale=1.0).per_image(x_hat, x), L2Loss(scale=math.sqrt(0.5)).per_image(x_hat, x)
    )


@pytest.mark.parametrize("scale", [0.0, -1, math.nan, math.inf, "best"])
def test_a_scale_that_is_neither_positive_nor_optimal_is_refused(scale):
    with pytest.raises(ValueError, match='`scale` must be a positive number or "optimal"'):
        L2Loss(scale=scale)


def test_the_base_class_has_no_energy():
    with pytest.raises(NotImplementedError):
        ScaledLikelihood()(*batch(4, 4))


def _gradient_of_a_rank(rank):
    x_hat, x, _ = batch(6, 6, seed=rank)
    x_hat = (x_hat * (1 + rank)).requires_grad_()
    L2Loss()(x_hat, x).mean().backward()
    return x_hat.grad


def test_averaged_gradients_of_two_ranks_equal_those_of_one_process_on_both_batches(tmp_path):
    ranks = [batch(6, 6, seed=rank) for rank in range(2)]
    x_hat = torch.cat([ranks[0][0], 2 * ranks[1][0]]).requires_grad_()
    L2Loss()(x_hat, torch.cat([ranks[0][1], ranks[1][1]])).mean().backward()
    averaged = torch.cat(on_two_ranks(_gradient_of_a_rank, tmp_path)) / 2
    torch.testing.assert_close(averaged, x_hat.grad)
