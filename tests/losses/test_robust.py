import math

import pytest
import torch
from torch.distributions import Cauchy, Normal

from monai_blurvae.functional import robust_negative_log_likelihood
from monai_blurvae.losses import L2Loss, RobustLoss
from monai_blurvae.metrics import BitsPerDimension, Unavailable, likelihood_metrics
from tests.losses.test_base import batch


def test_it_is_the_sum_of_its_values_negative_log_densities():
    x_hat, x, _ = batch(6, 5)
    loss = RobustLoss(shape=0.8, scale=0.2)
    each = robust_negative_log_likelihood(x - x_hat, torch.tensor(0.8), torch.tensor(0.2))
    torch.testing.assert_close(loss.per_image(x_hat, x), each.flatten(1).sum(dim=1))


def test_near_shape_two_it_is_the_gaussian_likelihood():
    x_hat, x, _ = batch(6, 5)
    # log(1 + t^2 / b) b / 2 falls short of t^2 / 2 by about b log(t^2 / b), b = 2 - alpha
    given = RobustLoss(shape=2 - 1e-6, scale=0.5).per_image(x_hat, x)
    torch.testing.assert_close(given, L2Loss(scale=0.5).per_image(x_hat, x), rtol=1e-4, atol=0)


@pytest.mark.parametrize(
    ("noise", "shape_range"), [(Normal(0, 0.3), (1.8, 2)), (Cauchy(0, 0.3 * math.sqrt(2)), (0, 0.2))]
)
def test_it_learns_shape_and_scale_of_the_residuals(noise, shape_range):
    torch.manual_seed(0)
    x = noise.sample((1, 1, 100, 100))
    loss = RobustLoss(shape=1.0, scale=1.0)
    optimizer = torch.optim.Adam(loss.parameters(), lr=0.02)
    for _ in range(200):
        optimizer.zero_grad()
        loss.per_image(torch.zeros_like(x), x).mean().backward()
        optimizer.step()
    assert shape_range[0] < float(loss.shape.detach()) < shape_range[1]
    assert float(loss.scale.detach()) == pytest.approx(0.3, rel=0.1)


def test_the_networks_scale_is_ignored_since_it_has_learned_its_own():
    x_hat, x, _ = batch(6, 5)
    loss = RobustLoss()
    assert torch.equal(loss.neg_log_likelihood(x_hat, x, 7.0), loss.per_image(x_hat, x))


def test_it_is_a_likelihood_and_gets_bits_per_dimension():
    metrics = likelihood_metrics(RobustLoss(), lambda: 1.0)
    assert isinstance(metrics["bits_per_dimension"], BitsPerDimension)
    assert isinstance(metrics["table6_bound"], Unavailable)
    assert not RobustLoss.needs_kernel_net


def test_it_passes_gradcheck():
    x_hat, x, _ = (t.double().requires_grad_() for t in batch(2, 3))
    loss = RobustLoss().double()
    assert torch.autograd.gradcheck(loss, (x_hat, x))


def test_its_parameters_have_gradients():
    x_hat, x, _ = batch(6, 5)
    loss = RobustLoss()
    loss.per_image(x_hat, x).mean().backward()
    assert all(parameter.grad.isfinite() and parameter.grad != 0 for parameter in loss.parameters())


@pytest.mark.parametrize("shape", [0.0, 2.0, -1.0, math.nan])
def test_a_shape_that_is_not_between_zero_and_two_is_refused(shape):
    with pytest.raises(ValueError, match=r"`shape` must be in \(0, 2\)"):
        RobustLoss(shape=shape)


@pytest.mark.parametrize("scale", [0.0, -1.0, math.inf, math.nan])
def test_a_scale_that_is_not_positive_is_refused(scale):
    with pytest.raises(ValueError, match="`scale` must be positive and finite"):
        RobustLoss(scale=scale)
