import torch

from monai_blurvae.losses import L2Loss
from tests.losses.test_base import batch


def test_the_energy_is_the_squared_error_and_no_determinant():
    x_hat, x, _ = batch(6, 5)
    error, half_log_determinant = L2Loss().energy(x_hat, x)
    wanted = [torch.nn.functional.mse_loss(x_hat[i], x[i], reduction="sum") for i in range(3)]
    torch.testing.assert_close(error, torch.stack(wanted))
    assert torch.equal(half_log_determinant, torch.zeros(3))


def test_the_table_6_figure_is_half_the_squared_error():
    x_hat, x, _ = batch(6, 5)
    torch.testing.assert_close(L2Loss().table6_bound(x_hat, x), L2Loss().energy(x_hat, x).error / 2)


def test_it_passes_gradcheck():
    x_hat, x, _ = (t.double().requires_grad_() for t in batch(2, 3))
    assert torch.autograd.gradcheck(L2Loss(scale=0.5), (x_hat, x))


def test_it_needs_no_kernel_and_is_a_likelihood():
    assert not L2Loss.needs_kernel_net
    assert L2Loss.is_likelihood
