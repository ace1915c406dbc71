import pytest
import torch
from torch.autograd import gradcheck
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from monai_blurvae.functional import gaussian
from monai_blurvae.losses import CrossEntropyLoss, L1Loss, L2Loss, RobustLoss, WienerBlurLoss
from tests.oracles import wiener_matrix
from tests.priors.conftest import SIZE, gaussian_losses, images, papers_loss, small_pixel_scale


def test_log_prob_is_the_elbo_of_dense_normal_distributions(prior):
    x, network = images(2), prior.network
    mu, log_var = network.encode(x)
    posterior = Normal(mu, (log_var / 2).exp())
    expected = -kl_divergence(posterior, Normal(0.0, 1.0)).sum(1)
    for noise in prior.noise:
        z = mu + (log_var / 2).exp() * noise
        for i, (mean, kernel) in enumerate(zip(network.decode(z), network.kernel(z), strict=True)):
            W = wiener_matrix(kernel, prior.loss.C, (SIZE, SIZE)) / network.scale
            likelihood = MultivariateNormal(mean.flatten(), precision_matrix=W.T @ W)
            expected[i] += likelihood.log_prob(x[i].flatten()) / len(prior.noise)
    torch.testing.assert_close(prior.log_prob(x), expected, rtol=1e-6, atol=1e-6)


def test_project_and_sample_are_the_networks(prior):
    torch.testing.assert_close(prior.project(images(2)), prior.network(images(2)))
    drawn, expected = (of.sample(3, torch.Generator().manual_seed(0)) for of in (prior, prior.network))
    assert torch.equal(drawn, expected)


def check_gradients(prior):
    z = torch.full((1, 5), 0.4, dtype=torch.float64, requires_grad=True)
    assert gradcheck(prior.energy, images(1).requires_grad_())
    assert gradcheck(prior.joint_energy, (images(1).requires_grad_(), z))


@pytest.mark.parametrize("energy", ["elbo", "objective"])
@pytest.mark.parametrize("loss", [*gaussian_losses(), L1Loss(), RobustLoss()], ids=repr)
def test_the_gradients_are_total_derivatives(make_prior, loss, energy):
    check_gradients(make_prior(loss, energy=energy, beta=0.5))


@pytest.mark.parametrize("loss", [*gaussian_losses(), L1Loss()], ids=repr)
def test_with_a_scale_network_the_gradients_are_total_derivatives(make_prior, loss):
    check_gradients(make_prior(loss, pixel_scale=small_pixel_scale()))


def test_a_loss_that_is_no_likelihood_gives_an_energy(make_prior):
    prior, x = make_prior(CrossEntropyLoss(), energy="objective"), (images(1) + 1) / 4
    assert gradcheck(prior.energy, x.requires_grad_())
    with pytest.raises(ValueError, match="`energy` must be"):
        prior.log_prob(x)
    with pytest.raises(ValueError, match="`loss` must be a likelihood"):
        make_prior(CrossEntropyLoss())


@pytest.mark.parametrize("pixel_scale", [None, small_pixel_scale()], ids=["one scale", "pixel scales"])
@pytest.mark.parametrize("loss", [papers_loss(), WienerBlurLoss("network")])
def test_the_joint_energy_is_that_of_dense_normal_distributions(make_prior, loss, pixel_scale):
    # covariance G Sigma G: its inverse is that of Sigma between inverse scales, its determinant dense
    prior, x = make_prior(loss, pixel_scale=pixel_scale), images(2)
    z = torch.randn(2, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    mean = prior.network.decode(z)
    g = torch.ones_like(mean) if pixel_scale is None else prior.pixel_scale(mean).exp()
    assert pixel_scale is None or g.max() > 1.2 * g.min()
    expected = Normal(0.0, 1.0).log_prob(z).sum(1)
    for i in range(2):
        W = wiener_matrix(prior.network.kernel(z)[i], loss.C, (SIZE, SIZE)) / prior.network.scale
        eigenvalues, vectors = torch.linalg.eigh(W.T @ W)
        least = loss.floor / prior.network.scale**2
        inverse_g = torch.diag(1 / g[i].flatten())
        precision = inverse_g @ (vectors * eigenvalues.clamp_min(least)) @ vectors.T @ inverse_g
        likelihood = MultivariateNormal(mean[i].flatten(), precision_matrix=(precision + precision.T) / 2)
        expected[i] += likelihood.log_prob(x[i].flatten())
    torch.testing.assert_close(prior.joint_energy(x, z), -expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("loss", "energy"), [(L2Loss(), "objective"), (RobustLoss(), "elbo"), (CrossEntropyLoss(), "objective")]
)
def test_a_scale_network_needs_the_bound_of_a_likelihood_with_a_scale(make_prior, loss, energy):
    message = f"`pixel_scale` must go with .* got '{energy}' of {type(loss).__name__}"
    with pytest.raises(ValueError, match=message):
        make_prior(loss, energy=energy, pixel_scale=small_pixel_scale())


def test_grad_is_what_autograd_gives(prior):
    x = images(2).requires_grad_()
    (expected,) = torch.autograd.grad(prior.energy(x).sum(), x)
    torch.testing.assert_close(prior.grad(x), expected)
    assert x.grad is None
    assert all(parameter.grad is None for parameter in prior.parameters())


def test_the_gradient_goes_through_the_encoder(prior):
    # with z held fixed, what remains is the likelihood's own derivative
    x = images(1)
    full = prior.grad(x)
    mu, log_var = prior.network.encode(x)
    z = gaussian.reparameterize(mu, log_var, prior.noise[:1])
    prior.noise = prior.noise[:1]
    direct = x.clone().requires_grad_()
    nll = prior.loss.neg_log_likelihood(prior.network.decode(z), direct, prior.network.scale, z)
    (partial,) = torch.autograd.grad(nll.sum(), direct)
    assert (full - partial).norm() > 1e-3 * partial.norm()


def test_the_objective_at_the_exact_determinant_and_beta_1_is_the_elbo(make_prior):
    loss, x = WienerBlurLoss("network", determinant="exact"), images(2)
    objective = make_prior(loss, energy="objective").energy(x)
    torch.testing.assert_close(objective, -make_prior(loss).log_prob(x))


def test_it_is_a_function_of_each_image(prior):
    x = images(5)
    torch.testing.assert_close(prior.energy(x), torch.cat([prior.energy(part) for part in x.split(1)]))
    torch.testing.assert_close(prior.energy(x.flip(0)), prior.energy(x).flip(0))
    assert torch.equal(prior.energy(x), prior.energy(x))


def test_other_noise_gives_another_function_until_the_seed_returns(prior):
    x = images(1)
    before = prior.energy(x)
    prior.redraw(7)
    assert not torch.equal(prior.energy(x), before)
    prior.redraw(0)
    torch.testing.assert_close(prior.energy(x), before, rtol=1e-6, atol=0)


def test_it_stays_in_evaluation_mode_and_frozen(prior):
    prior.train()
    assert not any(module.training for module in prior.modules())
    assert not any(parameter.requires_grad for parameter in prior.parameters())


def test_the_loss_given_keeps_its_own_way_with_kernels(make_prior):
    loss = WienerBlurLoss("network", determinant="omit")
    make_prior(loss, energy="objective")
    assert not loss.blur.attach


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"samples": 0}, "`samples` must be an integer of at least 1, got 0"),
        ({"energy": "free"}, "`energy` must be .* got 'free'"),
        ({"beta": -1.0}, "`beta` must be a number of at least 0, got -1.0"),
        ({"beta": float("inf")}, "`beta` must be a number of at least 0, got inf"),
    ],
)
def test_arguments_out_of_range_are_refused(make_prior, arguments, message):
    with pytest.raises(ValueError, match=message):
        make_prior(**arguments)


def test_images_that_do_not_fit_are_refused(prior):
    with pytest.raises(ValueError, match="`image` must have"):
        prior.energy(images(1, 9, 9))
    with pytest.raises(ValueError, match="`x` must be real"):
        prior.energy(images(1) + 0j)
