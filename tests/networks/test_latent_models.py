import torch
from monai.networks.nets import AutoencoderKL

from monai_blurvae.losses import WienerBlurLoss
from monai_blurvae.mri import CartesianEncoding
from monai_blurvae.networks import AutoencoderKLModel, with_kernel_net
from monai_blurvae.priors import JointMAP, VAEPrior


def autoencoder(likelihood=None):
    torch.manual_seed(0)
    net = AutoencoderKL(2, 1, 1, (1, 1), (4, 4), (False, False), 2, norm_num_groups=2)
    return AutoencoderKLModel(net, image_size=8, likelihood=likelihood).eval()


def test_an_adapted_autoencoder_encodes_and_decodes_as_its_own():
    model, image = autoencoder(), torch.rand(2, 1, 8, 8) * 2 - 1
    mu, sigma = model.autoencoder.encode(image)
    torch.testing.assert_close(model.encode(image), (mu, 2 * sigma.log()))
    torch.testing.assert_close(model(image), model.autoencoder.decode(mu))
    assert model.sample(3).shape == (3, 1, 8, 8)


def test_a_loss_follows_the_last_model_that_took_it():
    loss = WienerBlurLoss("network")
    first, second = (with_kernel_net(autoencoder(loss), size, hidden_size=4) for size in ((3, 3), 3))
    assert loss.blur.kernel_net is second.kernel_net is not first.kernel_net
    assert first.kernel_net.kernel_size == second.kernel_net.kernel_size == [3, 3]


def test_a_prior_with_feature_maps_for_latents_reconstructs_and_draws():
    model = autoencoder(WienerBlurLoss("measured"))
    encoding = CartesianEncoding(torch.ones(16, 12))
    y = encoding(torch.rand(2, 1, 16, 12) + 0j)
    solver = JointMAP(VAEPrior(model, model.likelihood), iterations=2, cg_iterations=2)
    found = solver.reconstruct(y, encoding)
    assert found.latents.shape[0] == 2
    assert found.latents.shape[2:] == model.latent_shape
    assert solver.posterior_samples(y, encoding, found, n=2).shape == (2, 2, 1, 16, 12)
