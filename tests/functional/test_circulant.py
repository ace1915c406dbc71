import pytest
import torch

from monai_blurvae.functional import (
    half_spectrum,
    transfer_function,
    weighted_error,
    whitened_error,
    wiener_power,
)
from tests.oracles import SIZES, images_and_kernels

C = 0.025


def whiten(error, kernel):
    size = error.shape[2:]
    power = wiener_power(transfer_function(kernel, size), C, floor=1e-12)
    return whitened_error(half_spectrum(error, len(size)), power, size)


@pytest.mark.parametrize(("size", "kernel_size"), SIZES)
def test_the_squares_sum_to_the_weighted_error(size, kernel_size):
    x, x_hat, kernel = images_and_kernels(size, kernel_size)
    r = whiten(x - x_hat, kernel)
    assert r.shape == x.shape
    torch.testing.assert_close(r.square().flatten(1).sum(dim=1), weighted_error(x, x_hat, kernel, C))


@pytest.mark.parametrize(("size", "kernel_size"), SIZES)
def test_whitening_twice_is_the_inverse_covariance(size, kernel_size):
    """Sigma^-1 (x - x_hat) is half the weighted error's gradient."""
    x, x_hat, kernel = images_and_kernels(size, kernel_size)
    x = x.requires_grad_()
    (gradient,) = torch.autograd.grad(weighted_error(x, x_hat, kernel, C).sum(), x)
    twice = whiten(whiten(x.detach() - x_hat, kernel), kernel)
    torch.testing.assert_close(twice, gradient / 2)
