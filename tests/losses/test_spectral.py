import math

import pytest
import torch

from monai_blurvae.losses import L2Loss, SpectralLoss
from tests.ranks import on_two_ranks


def errors(n=512, size=16, seed=0):
    """Images whose error from zero is noise smoothed along rows: strong at low frequencies."""
    noise = torch.randn(n, 1, size, size, generator=torch.Generator().manual_seed(seed))
    return (noise + noise.roll(1, 2) + noise.roll(1, 3)) / 3


def followed(loss, x):
    loss.train()
    loss.per_image(torch.zeros_like(x), x)
    return loss.eval()


def test_without_tempering_it_is_squared_error():
    x, x_hat = errors(4), errors(4, seed=1)
    loss = followed(SpectralLoss(tempering=0.0), errors())
    torch.testing.assert_close(loss.per_image(x_hat, x), L2Loss().per_image(x_hat, x))


def test_it_is_the_density_of_a_gaussian_with_a_dense_circulant_covariance():
    loss = followed(SpectralLoss(knots=4, tempering=0.6, scale=0.8), errors(size=6)).double()
    x = errors(3, size=6, seed=2).double()
    impulses = torch.eye(36).double().view(36, 1, 6, 6)
    # columns of Sigma^-1: the gradient of q / 2 is Sigma^-1 x
    precision = torch.stack(
        [
            torch.autograd.grad(loss.energy(i := impulse[None].requires_grad_(), 0 * i).error.sum() / 2, i)[
                0
            ].flatten()
            for impulse in impulses.clone()
        ]
    )
    sigma = torch.linalg.inv(precision) * 0.8**2
    dense = torch.distributions.MultivariateNormal(torch.zeros(36).double(), (sigma + sigma.T) / 2)
    torch.testing.assert_close(loss.per_image(0 * x, x), -dense.log_prob(x.flatten(1)))


def test_whitening_gives_the_highest_likelihood_of_the_errors_it_followed():
    x = errors()
    nll = {t: followed(SpectralLoss(tempering=t), x)(0 * x, x) for t in (0.0, 0.25, 0.5, 0.75, 1.0)}
    assert sorted(nll.values(), reverse=True) == list(nll.values())
    x = errors(seed=1)  # and of others of the same kind, at the scale fitted before
    loss = followed(SpectralLoss(tempering=1.0), errors())
    scale = loss.batch_scale(loss.energy(0 * x, x).error, 256)
    l2 = L2Loss().neg_log_likelihood(0 * x, x, L2Loss().batch_scale(x.square().flatten(1).sum(1), 256))
    assert loss.neg_log_likelihood(0 * x, x, scale).mean() < l2.mean()


def test_the_running_mean_moves_in_training_alone_and_by_its_momentum():
    loss = SpectralLoss(momentum=0.25)
    first, second = errors(), 3 * errors(seed=1)
    loss.train()
    loss.per_image(torch.zeros_like(first), first)
    once = loss.log_power.exp()
    loss.per_image(torch.zeros_like(second), second)
    alone = followed(SpectralLoss(), second).log_power.exp()
    torch.testing.assert_close(loss.log_power.exp(), 0.75 * once + 0.25 * alone)
    loss.eval()
    before = loss.log_power.clone()
    loss.per_image(torch.zeros_like(first), first)
    assert torch.equal(loss.log_power, before)


def test_the_weights_carry_no_gradient_but_the_errors_do():
    x, x_hat = errors(4), errors(4, seed=1).requires_grad_()
    loss = SpectralLoss().train()
    loss.per_image(x_hat, x).sum().backward()
    assert x_hat.grad.abs().sum() > 0
    assert not loss.log_power.requires_grad


def test_colour_channels_share_the_spectrum_and_count_each():
    grey = errors(8)
    loss = followed(SpectralLoss(tempering=0.5, scale=1.0), errors())
    colour = grey.expand(-1, 3, -1, -1)
    torch.testing.assert_close(loss.per_image(0 * colour, colour), 3 * loss.per_image(0 * grey, grey))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"knots": 1}, "`knots` must be an integer of at least 2, got 1"),
        ({"tempering": 1.5}, r"`tempering` must be in \[0, 1\], got 1.5"),
        ({"max_ratio": 0.5}, "`max_ratio` must be a number of at least 1, got 0.5"),
        ({"max_ratio": math.nan}, "`max_ratio` must be a number of at least 1, got nan"),
        ({"momentum": 0}, r"`momentum` must be in \(0, 1\], got 0"),
    ],
)
def test_settings_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        SpectralLoss(**options)


def _follow_on_a_rank(rank):
    x = (1 + rank) * errors(4 + 4 * rank, seed=rank)
    return followed(SpectralLoss(), x).log_power


def test_two_ranks_follow_the_same_spectrum_as_one_process_with_both_batches(tmp_path):
    both = torch.cat([errors(4), 2 * errors(8, seed=1)])
    wanted = followed(SpectralLoss(), both).log_power
    for log_power in on_two_ranks(_follow_on_a_rank, tmp_path):
        torch.testing.assert_close(log_power, wanted)
