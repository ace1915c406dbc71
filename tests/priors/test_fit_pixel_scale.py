import math

import pytest
import torch

from monai_blurvae.losses import L2Loss, WienerBlurLoss
from monai_blurvae.networks import BlurVAE, Decoder, Encoder, PixelScale
from monai_blurvae.priors import VAEPrior, fit_pixel_scale
from tests.priors.conftest import coloured_spectral_loss, small_network, small_pixel_scale


def still_network(loss, value):
    """A model whose mean is one value everywhere, whatever the latents."""
    network = small_network(loss, scale=0.5)
    torch.nn.init.zeros_(network.decoder.last.weight)
    torch.nn.init.constant_(network.decoder.last.bias, math.atanh(value))
    return network


def noisy(step, sigma=0.1, value=0.0):
    return value + sigma * torch.randn(16, 1, 8, 8, generator=torch.Generator().manual_seed(step))


def batches(steps, value=0.0, strange=None):
    return [{"image": noisy(step, 20.0 if step == strange else 0.1, value)} for step in range(steps)]


@pytest.mark.parametrize(("strange", "rtol"), [(None, 0.05), (20, 0.1)])
def test_it_finds_the_scale_that_the_errors_have_and_a_strange_batch_does_not_undo_it(strange, rtol):
    # errors of standard deviation 0.1 at the scale s = 0.5: g = 0.2. Not clipped, one gradient thousands of
    # times as long as the others would lead Adam's mean for many steps
    loss = L2Loss()
    network, pixel_scale = still_network(loss, 0.3), small_pixel_scale()
    fit_pixel_scale(network, loss, batches(150, 0.3, strange), pixel_scale, learning_rate=0.03)
    g = pixel_scale(torch.full((1, 1, 8, 8), 0.3)).exp()
    torch.testing.assert_close(0.5 * g, torch.full_like(g, 0.1), rtol=rtol, atol=0)


def test_the_first_value_is_the_density_of_normal_distributions_in_nats_per_pixel():
    loss = L2Loss()
    network, pixel_scale = still_network(loss, 0.3), small_pixel_scale()
    g = pixel_scale(torch.full((16, 1, 8, 8), 0.3)).exp().detach()
    expected = -torch.distributions.Normal(0.3, 0.5 * g).log_prob(noisy(0, value=0.3)).mean()
    (value,) = fit_pixel_scale(network, loss, batches(1, 0.3), pixel_scale)
    assert value == pytest.approx(expected.item(), rel=1e-4)


def test_the_fit_lowers_the_bound_of_the_prior_on_other_images():
    loss = WienerBlurLoss("network", floor=0.95)
    network, pixel_scale = small_network(loss), small_pixel_scale()
    x = noisy(1000)

    def energy():
        return VAEPrior(network, loss, pixel_scale=pixel_scale).energy(x).mean()

    before = energy()
    pixel_scale.requires_grad_(True)  # a prior freezes what it is given
    history = fit_pixel_scale(network, loss, batches(60), pixel_scale, learning_rate=0.03)
    assert energy() < before
    assert len(history) == 60
    assert history[-1] < history[0]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("loss", [WienerBlurLoss("network"), coloured_spectral_loss()])
def test_the_model_stays_as_it_is(loss, training):
    network = small_network(loss).train(training)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    fit_pixel_scale(network, loss, batches(2), small_pixel_scale())
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert network.training is training


def test_a_seed_gives_the_same_fit_again():
    loss, fits = L2Loss(), []
    for seed in (0, 0, 1):
        network = small_network(loss)
        fits.append(fit_pixel_scale(network, loss, batches(3), small_pixel_scale(), seed=seed))
    assert fits[0] == fits[1]
    assert fits[0] != fits[2]


def test_batches_without_a_number_are_taken_until_they_end():
    loss = L2Loss()
    unsized = iter(batches(4))
    assert len(fit_pixel_scale(small_network(loss), loss, unsized, small_pixel_scale())) == 4


def test_a_learning_rate_of_zero_and_volumes_are_refused():
    loss = L2Loss()
    with pytest.raises(ValueError, match=r"`learning_rate` must be positive, got 0.0"):
        fit_pixel_scale(small_network(loss), loss, [], PixelScale(), learning_rate=0.0)
    shape = {"image_size": 8, "features": [4, 4], "latent_size": 5, "hidden_size": 12, "spatial_dims": 3}
    with pytest.raises(ValueError, match="`network` must be of two-dimensional images, got 3"):
        fit_pixel_scale(BlurVAE(Encoder(**shape), Decoder(**shape)), loss, [], PixelScale())
