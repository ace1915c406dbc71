import pytest
import torch
from focal_frequency_loss import FocalFrequencyLoss as AuthorsLoss

from monai_blurvae.functional import focal_frequency_error, focal_weights, half_spectrum
from tests.oracles import images_and_kernels

SIZES = [(7,), (8,), (5, 6), (6, 5), (3, 4, 5)]


def error_spectrum(size, channels=2):
    x, x_hat, _ = images_and_kernels(size, [3] * len(size), channels=channels)
    return half_spectrum(x - x_hat, len(size)), (x - x_hat)


@pytest.mark.parametrize("size", SIZES)
def test_with_equal_weights_it_is_the_squared_error(size):
    E, error = error_spectrum(size)
    given = focal_frequency_error(E, focal_weights(E, alpha=0.0), size)
    torch.testing.assert_close(given, error.square().flatten(1).sum(dim=1))


@pytest.mark.parametrize("size", SIZES)
def test_the_weights_of_each_channel_reach_one_and_keep_the_order_of_the_errors(size):
    E, _ = error_spectrum(size)
    weights = focal_weights(E).flatten(2)
    assert torch.equal(weights.amax(dim=2), torch.ones(2, 2).double())
    assert torch.equal(weights.argsort(dim=2), E.abs().flatten(2).argsort(dim=2))


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("size", [(6, 8), (8, 6), (5, 7)])
def test_each_image_has_the_authors_mean_times_its_number_of_values(size, alpha):
    x, x_hat, _ = images_and_kernels(size, (3, 3))
    x_hat.requires_grad_()
    E = half_spectrum(x - x_hat, 2)
    given = focal_frequency_error(E, focal_weights(E, alpha), size)
    authors = AuthorsLoss(alpha=alpha)
    wanted = torch.stack([authors(x_hat[i : i + 1], x[i : i + 1]) * x[0].numel() for i in range(len(x))])
    torch.testing.assert_close(given, wanted)
    torch.testing.assert_close(*(torch.autograd.grad(v.sum(), x_hat)[0] for v in (given, wanted)))


def test_weights_carry_no_gradient_and_are_zero_where_nothing_is_wrong():
    E = torch.zeros(1, 2, 4, 3, dtype=torch.complex64, requires_grad=True)
    weights = focal_weights(E)
    assert not weights.requires_grad
    assert torch.equal(weights, torch.zeros(1, 2, 4, 3))


def test_it_passes_gradcheck_at_fixed_weights():
    E, error = error_spectrum((3, 4))
    weights = focal_weights(E)
    error.requires_grad_()
    assert torch.autograd.gradcheck(
        lambda e: focal_frequency_error(half_spectrum(e, 2), weights, (3, 4)), error
    )


def test_a_negative_alpha_is_refused():
    E, _ = error_spectrum((7,))
    with pytest.raises(ValueError, match="`alpha` must be a number of at least 0, got -1"):
        focal_weights(E, alpha=-1)
