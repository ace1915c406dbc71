import math

import pytest
import torch
from monai.networks.nets import AutoencoderKL

from monai_blurvae.blur import FixedBlur
from monai_blurvae.losses import L2Loss, NegativeELBO, WienerBlurLoss, negative_elbo
from tests.losses.test_base import batch


def test_it_is_the_batch_mean_of_the_term_and_beta_times_the_divergence():
    nll, kl = torch.tensor([1.0, 5.0]), torch.tensor([2.0, 4.0])
    assert negative_elbo(nll, kl, 0.0) == 3
    assert negative_elbo(nll, kl, 1.0) == 6
    assert negative_elbo(nll, kl, 2.0) == 9


def test_it_bounds_the_likelihood_of_a_linear_gaussian_model_tightly_at_the_true_posterior():
    # z ~ N(0, 1), x | z ~ N(z, s^2): the posterior is N(x / (1 + s^2), s^2 / (1 + s^2)), x ~ N(0, 1 + s^2)
    s2, x = 0.25, torch.full((1, 1, 1, 1), 0.7, dtype=torch.float64)
    mean, variance = x.flatten(1) / (1 + s2), torch.full((1, 1), s2 / (1 + s2), dtype=torch.float64)
    two_points = [
        mean - variance.sqrt(),
        mean + variance.sqrt(),
    ]  # integrate a quadratic over a Gaussian exactly
    objective = NegativeELBO(L2Loss(scale=math.sqrt(s2)))
    values = [objective(z.reshape(1, 1, 1, 1), x, mean, log_var=variance.log()) for z in two_points]
    evidence = -torch.distributions.Normal(0.0, math.sqrt(1 + s2)).log_prob(x).squeeze()
    torch.testing.assert_close(torch.stack(values).mean(), evidence)


@pytest.mark.parametrize("determinant", ["omit", "epsilon", "exact"])
def test_one_step_on_monais_autoencoder_kl_lowers_the_objective(determinant):
    torch.manual_seed(0)
    network = AutoencoderKL(
        spatial_dims=2,
        in_channels=1,
        out_channels=1,
        channels=(4, 4),
        num_res_blocks=1,
        latent_channels=2,
        norm_num_groups=2,
        attention_levels=(False, False),
        with_encoder_nonlocal_attn=False,
        with_decoder_nonlocal_attn=False,
    )
    image = batch(16, 16)[1][:, :1]
    blur = FixedBlur.gaussian(2.0, (5, 5))
    objective = NegativeELBO(WienerBlurLoss(blur, determinant=determinant), beta=0.5)
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-6)

    def value():
        torch.manual_seed(1)  # the same noise before and after
        reconstruction, mu, sigma = network(image)
        return objective(reconstruction, image, mu, sigma=sigma)

    before = value()
    before.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())
    optimizer.step()
    assert value() < before


def test_a_negative_beta_is_refused():
    with pytest.raises(ValueError, match="`beta` must be a number of at least 0, got -1"):
        NegativeELBO(L2Loss(), beta=-1.0)
    with pytest.raises(ValueError, match="`beta` must be a number of at least 0, got nan"):
        negative_elbo(torch.ones(2), torch.ones(2), beta=float("nan"))


def test_a_sigma_is_not_taken_for_a_log_variance():
    x_hat, x, _ = batch(6, 6)
    mu, sigma = torch.zeros(3, 2), torch.tensor([0.5, 2.0]).expand(3, 2)
    objective = NegativeELBO(L2Loss())
    by_name = objective(x_hat, x, mu, sigma=sigma), objective(x_hat, x, mu, log_var=2 * sigma.log())
    torch.testing.assert_close(*by_name)
    with pytest.raises(TypeError):
        objective(x_hat, x, mu, sigma)
    for both_or_neither in ({}, {"sigma": sigma, "log_var": sigma}):
        with pytest.raises(ValueError, match="exactly one of `log_var` and `sigma`"):
            objective(x_hat, x, mu, **both_or_neither)
