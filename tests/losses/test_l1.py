import torch

from monai_blurvae.losses import L1Loss
from tests.losses.test_base import batch


def test_at_a_fixed_scale_it_is_torchs_laplace_density():
    x_hat, x, _ = batch(6, 5)
    wanted = -torch.distributions.Laplace(x_hat, 0.3).log_prob(x).flatten(1).sum(dim=1)
    torch.testing.assert_close(L1Loss(scale=0.3).per_image(x_hat, x), wanted)


def test_its_optimal_scale_is_the_mean_absolute_error():
    x_hat, x, _ = batch(6, 5)
    error = L1Loss().energy(x_hat, x).error
    torch.testing.assert_close(L1Loss().batch_scale(error, 60), (x - x_hat).abs().mean())


def test_it_passes_gradcheck_away_from_the_kink():
    x_hat, x, _ = (t.double().requires_grad_() for t in batch(2, 3))
    assert (x - x_hat).abs().min() > 1e-3
    assert torch.autograd.gradcheck(L1Loss(scale=0.5), (x_hat, x))
