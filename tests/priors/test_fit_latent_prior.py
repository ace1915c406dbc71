import pytest
import torch

from monai_blurvae.losses import L2Loss
from monai_blurvae.networks import LatentPrior, make_model
from monai_blurvae.priors import LatentPriorFit, Posteriors, encode_posteriors, fit_latent_prior, prior_gain
from tests.priors.conftest import images, small_network


def ring(n, seed):
    """Posteriors whose means lie on a ring, far from any Gaussian; the third unit holds nothing."""
    angle = torch.rand(n, generator=torch.Generator().manual_seed(seed)) * 2 * torch.pi
    mu = torch.stack([2 * angle.cos(), 2 * angle.sin(), 0 * angle], dim=1)
    return Posteriors(mu, torch.tensor([0.1, 0.1, 1.0]).log().mul(2).expand(n, 3))


FIT = LatentPriorFit(steps=200, learning_rate=0.01)


@pytest.fixture(scope="module")
def fitted():
    torch.manual_seed(0)
    prior = LatentPrior(3, layers=4, features=16)
    return prior, fit_latent_prior(prior, ring(2000, 0), ring(500, 1), FIT)


def test_the_gaussian_has_the_mean_and_the_covariance_of_all_draws():
    train, prior = ring(500, 0), LatentPrior(3, layers=0)
    fit_latent_prior(prior, train, ring(10, 1))
    T = prior.scale_tril
    wanted = train.mu.T.cov() + torch.diag(train.log_var.exp().mean(dim=0))
    torch.testing.assert_close(prior.mean, train.mu.mean(dim=0))
    torch.testing.assert_close(T @ T.mT, wanted)


def test_layers_learn_what_no_gaussian_holds(fitted):
    prior, history = fitted
    assert len(history) == 11
    assert max(history) > history[0] + 0.5
    z = ring(2000, 2).draw(torch.Generator().manual_seed(3))
    gaussian = LatentPrior(3, layers=0)
    fit_latent_prior(gaussian, ring(2000, 0), ring(10, 1))
    assert prior_gain(prior, z).mean() > prior_gain(gaussian, z).mean() + 0.5


def test_a_unit_without_information_stays_standard_normal(fitted):
    unit = fitted[0].sample(20_000, torch.Generator().manual_seed(0))[:, 2].detach()
    assert unit.mean().abs() < 0.1
    assert unit.std().item() == pytest.approx(1, abs=0.1)


def test_the_state_that_is_best_on_validation_draws_is_kept():
    """Of five training images the layers learn the images themselves."""
    torch.manual_seed(0)
    prior, val = LatentPrior(3, layers=4, features=16), ring(500, 1)
    history = fit_latent_prior(prior, ring(5, 0), val, FIT)
    held_out = val.draw(torch.Generator().manual_seed(FIT.seed))
    assert prior_gain(prior, held_out).mean().item() == pytest.approx(max(history), rel=1e-5)
    assert history[-1] < max(history)


def test_equal_seeds_fit_equal_priors():
    gains = []
    for _ in range(2):
        torch.manual_seed(0)
        gains.append(fit_latent_prior(LatentPrior(3, 2, 4), ring(50, 0), ring(50, 1), LatentPriorFit(20)))
    assert gains[0] == gains[1]


def test_posteriors_are_those_of_the_network_in_evaluation_mode():
    network = small_network(L2Loss()).train()
    batches = [{"image": images(3, seed=seed).float()} for seed in range(2)]
    found = encode_posteriors(network, batches)
    assert network.training
    with torch.no_grad():
        mu, log_var = network.eval().encode(torch.cat([batch["image"] for batch in batches]))
    torch.testing.assert_close(found.mu, mu)
    torch.testing.assert_close(found.log_var, log_var)


def test_feature_maps_are_refused():
    model = make_model(
        {"kind": "autoencoder_kl", "image_size": 16, "features": [4, 4], "norm_groups": 2}, L2Loss()
    )
    with pytest.raises(ValueError, match="`network` must have latent vectors, got the latent shape"):
        encode_posteriors(model, [])


def test_what_cannot_be_fitted_is_refused():
    with pytest.raises(ValueError, match="`train` must hold at least two images, got 1"):
        fit_latent_prior(LatentPrior(3), ring(1, 0), ring(1, 1))
    with pytest.raises(ValueError, match="`batches` must hold images, got none"):
        encode_posteriors(small_network(L2Loss()), [])
    with pytest.raises(ValueError, match="`learning_rate` must be positive and finite, got 0"):
        LatentPriorFit(learning_rate=0)
    with pytest.raises(ValueError, match="`steps` must be an integer of at least 0, got -1"):
        LatentPriorFit(steps=-1)
