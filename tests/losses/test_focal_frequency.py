import pytest
import torch
from focal_frequency_loss import FocalFrequencyLoss as AuthorsLoss

from monai_blurvae.losses import FocalFrequencyLoss
from tests.losses.test_base import batch


def test_it_is_the_authors_loss_of_each_image_times_its_number_of_values():
    x_hat, x, _ = batch(8, 6)
    x_hat.requires_grad_()
    given = FocalFrequencyLoss().per_image(x_hat, x)
    wanted = torch.stack([AuthorsLoss()(x_hat[i : i + 1], x[i : i + 1]) * 96 for i in range(3)])
    torch.testing.assert_close(given, wanted)
    torch.testing.assert_close(*(torch.autograd.grad(v.sum(), x_hat)[0] for v in (given, wanted)))


def test_it_is_below_the_squared_error_and_equal_to_it_without_focus():
    x_hat, x, _ = batch(6, 5)
    squared = (x - x_hat).square().flatten(1).sum(dim=1)
    assert (FocalFrequencyLoss().per_image(x_hat, x) < squared).all()
    torch.testing.assert_close(FocalFrequencyLoss(alpha=0.0).per_image(x_hat, x), squared)


def test_a_negative_exponent_is_refused():
    with pytest.raises(ValueError, match="`alpha` must be a number of at least 0, got -1"):
        FocalFrequencyLoss(alpha=-1.0)


def test_it_is_no_likelihood_and_needs_no_kernel():
    assert not FocalFrequencyLoss.is_likelihood
    assert not FocalFrequencyLoss.needs_kernel_net
