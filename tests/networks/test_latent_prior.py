import pytest
import torch

from monai_blurvae.networks import BlurVAE, Decoder, Encoder, LatentPrior


def bent(latent_size=5, layers=3, features=4) -> LatentPrior:
    """A prior in float64 whose layers and Gaussian have an effect."""
    generator = torch.Generator().manual_seed(0)
    prior = LatentPrior(latent_size, layers, features).double()
    with torch.no_grad():
        for parameter in prior.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) / 2)
        prior.mean.normal_(generator=generator)
        prior.scale_tril += torch.randn(latent_size, latent_size, generator=generator).tril(-1) / 3
        prior.scale_tril.diagonal().mul_(torch.linspace(0.4, 0.8, latent_size))
    return prior


def noise(n, size=5):
    return torch.randn(n, size, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize("layers", [0, 4])
def test_layers_without_effect_leave_the_normal_distribution_of_torch(layers):
    prior, gaussian = LatentPrior(5, layers, 4).double(), bent()
    prior.mean.copy_(gaussian.mean)
    prior.scale_tril.copy_(gaussian.scale_tril)
    wanted = torch.distributions.MultivariateNormal(prior.mean, scale_tril=prior.scale_tril)
    torch.testing.assert_close(prior.log_prob(noise(7)), wanted.log_prob(noise(7)))


@pytest.mark.parametrize("size", [2, 5])
def test_the_density_is_that_of_the_noise_over_the_determinant_of_autograd(size):
    prior, e = bent(size), noise(4, size)
    standard = torch.distributions.Normal(0, 1).log_prob(e).sum(dim=1)
    jacobians = [
        torch.autograd.functional.jacobian(lambda one: prior.from_noise(one[None])[0], one) for one in e
    ]
    determinants = torch.stack([torch.linalg.slogdet(jacobian)[1] for jacobian in jacobians])
    torch.testing.assert_close(prior.log_prob(prior.from_noise(e)), standard - determinants)


def test_the_density_integrates_to_one():
    prior, axis = bent(2), torch.linspace(-48, 48, 2401, dtype=torch.float64)
    z = torch.cartesian_prod(axis, axis) + prior.mean
    total = prior.log_prob(z).exp().sum() * (axis[1] - axis[0]) ** 2
    assert total.item() == pytest.approx(1, abs=1e-3)


def test_layers_make_it_something_else_than_a_gaussian():
    z = bent().from_noise(noise(20_000)).detach()
    skewness = ((z - z.mean(dim=0)) / z.std(dim=0)).pow(3).mean(dim=0)
    assert skewness.abs().max() > 0.2


def test_every_unit_of_the_noise_is_moved_by_some_layer():
    prior, e = LatentPrior(6, layers=2, features=4), torch.ones(1, 6)
    for network in prior.layers:
        torch.nn.init.ones_(network[-1].bias)
    assert bool((prior.from_noise(e) != 1).all())


def test_draws_have_the_mean_and_the_covariance_of_a_gaussian():
    prior = bent(3, layers=0).float()
    z = prior.sample(20_000, torch.Generator().manual_seed(0))
    torch.testing.assert_close(z.mean(dim=0), prior.mean, atol=0.02, rtol=0)
    T = prior.scale_tril
    torch.testing.assert_close(z.T.cov(), T @ T.mT, atol=0.03, rtol=0)
    assert torch.equal(z, prior.sample(20_000, torch.Generator().manual_seed(0)))


def test_each_latent_is_judged_by_itself():
    prior, z = bent(), noise(3)
    torch.testing.assert_close(prior.log_prob(z), torch.cat([prior.log_prob(one) for one in z.split(1)]))


def small_model() -> BlurVAE:
    torch.manual_seed(0)
    return BlurVAE(Encoder(8, [4], 5), Decoder(8, [4], 5)).eval()


def test_a_model_decodes_draws_from_its_learned_prior():
    model, prior = small_model(), bent().float()
    before = model.sample(3, torch.Generator().manual_seed(2))
    model.add_latent_prior(prior)
    after = model.sample(3, torch.Generator().manual_seed(2))
    assert torch.equal(after, model.decode(prior.sample(3, torch.Generator().manual_seed(2))))
    assert not torch.allclose(after, before)


def test_a_learned_prior_is_no_part_of_the_models_weights():
    model = small_model()
    names, parameters = list(model.state_dict()), list(model.vae_parameters())
    model.add_latent_prior(bent())
    assert list(model.state_dict()) == names
    assert all(a is b for a, b in zip(model.vae_parameters(), parameters, strict=True))


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")
def test_a_model_with_a_learned_prior_can_be_scripted():
    model, x = small_model(), torch.zeros(1, 1, 8, 8)
    model.add_latent_prior(bent())
    assert torch.equal(torch.jit.script(model)(x), model(x))


def test_a_learned_prior_of_other_latents_is_refused():
    with pytest.raises(
        ValueError, match=r"`latent_prior` must be of the model's latent shape \(5,\), got .* 4"
    ):
        small_model().add_latent_prior(LatentPrior(4))


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ({"latent_size": 1}, "`latent_size` must be an integer of at least 2"),
        ({"latent_size": 4, "layers": -1}, "`layers` must be an integer of at least 0"),
        ({"latent_size": 4, "features": 0}, "`features` must be an integer of at least 1"),
    ],
)
def test_sizes_out_of_range_are_refused(arguments, rule):
    with pytest.raises(ValueError, match=rule):
        LatentPrior(**arguments)
