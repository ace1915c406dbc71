import torch
from torch.distributions import Normal
from torch.distributions import kl_divergence as torch_kl

from monai_blurvae.functional import kl_divergence, kl_per_unit, reparameterize


def posterior(batch=3, latent=5):
    generator = torch.Generator().manual_seed(0)
    return (torch.randn(batch, latent, generator=generator, dtype=torch.float64) for _ in range(2))


def test_a_standard_normal_posterior_costs_nothing():
    zero = torch.zeros(2, 4)
    assert torch.equal(kl_divergence(zero, zero), torch.zeros(2))


def test_the_divergence_agrees_with_torch_distributions():
    mu, log_var = posterior()
    wanted = torch_kl(Normal(mu, (log_var / 2).exp()), Normal(torch.zeros_like(mu), torch.ones_like(mu)))
    torch.testing.assert_close(kl_per_unit(mu, log_var), wanted)
    torch.testing.assert_close(kl_divergence(mu, log_var), wanted.sum(dim=1))


def test_the_divergence_is_never_negative_even_near_the_prior_in_float32():
    log_var = torch.linspace(-1e-4, 1e-4, 1001)[:, None]
    assert (kl_per_unit(torch.zeros_like(log_var), log_var) >= -1e-10).all()


def test_latent_feature_maps_are_summed_over_all_their_values():
    mu, log_var = (t.reshape(2, 2, 3, 4) for t in posterior(4, 12))
    torch.testing.assert_close(kl_divergence(mu, log_var), kl_divergence(mu.flatten(1), log_var.flatten(1)))


def test_noise_of_zero_gives_the_mean_and_noise_of_one_a_standard_deviation_more():
    mu, log_var = posterior()
    assert torch.equal(reparameterize(mu, log_var, torch.zeros_like(mu)), mu)
    one = reparameterize(mu, log_var, torch.ones_like(mu))
    torch.testing.assert_close((one - mu).square(), log_var.exp())


def test_both_pass_gradcheck():
    mu, log_var = (t.requires_grad_() for t in posterior(2, 3))
    noise = torch.ones_like(mu)
    assert torch.autograd.gradcheck(kl_divergence, (mu, log_var))
    assert torch.autograd.gradcheck(lambda m, v: reparameterize(m, v, noise), (mu, log_var))


def test_bfloat16_is_computed_in_float32():
    mu, log_var = (t.bfloat16() for t in posterior())
    assert torch.equal(kl_divergence(mu, log_var), kl_divergence(mu.float(), log_var.float()))
    assert reparameterize(mu, log_var, mu).dtype == torch.float32
