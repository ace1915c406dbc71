import pytest
import torch

from monai_blurvae.networks import (
    BlurVAE,
    Decoder,
    Encoder,
    KernelNet,
    architecture_1_features,
    architecture_2_features,
)

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")


def test_in_eval_the_forward_pass_is_one_deterministic_tensor_decoded_from_mu(network, image):
    network.eval()
    reconstruction = network(image)
    assert isinstance(reconstruction, torch.Tensor)
    assert reconstruction.shape == image.shape
    assert torch.equal(reconstruction, network(image))
    assert torch.equal(reconstruction, network.decode(network.encode(image)[0]))


def test_in_training_the_forward_pass_decodes_a_sample_of_the_posterior(network, image):
    mu, log_var = network.encode(image)
    torch.manual_seed(5)
    reconstruction = network(image)
    torch.manual_seed(5)
    z = mu + torch.exp(log_var / 2) * torch.randn_like(mu)
    torch.testing.assert_close(reconstruction, network.decode(z))


def test_a_scripted_network_equals_the_eager_one(network, image):
    network.eval()
    scripted = torch.jit.script(network)
    assert torch.equal(scripted(image), network(image))
    mu, log_var = scripted.encode(image)
    assert torch.equal(mu, network.encode(image)[0])
    assert torch.equal(log_var, network.encode(image)[1])
    assert torch.equal(scripted.decode(mu), network.decode(mu))
    assert torch.equal(scripted.kernel(mu), network.kernel(mu))


@pytest.mark.parametrize(
    ("size", "features", "hidden_size", "upsampling"),
    [
        (32, architecture_1_features(32), 512, "transposed"),
        (64, architecture_1_features(64), 512, "transposed"),
        (64, architecture_2_features(), None, "interpolated"),
    ],
)
def test_both_architectures_scripted_equal_the_eager_ones(size, features, hidden_size, upsampling):
    network = BlurVAE(
        Encoder(size, features, 16, hidden_size=hidden_size),
        Decoder(size, features, 16, hidden_size=hidden_size, upsampling=upsampling),
        KernelNet(16, (11, 11)),
    ).eval()
    image = torch.rand(1, 1, size, size) * 2 - 1
    assert torch.equal(torch.jit.script(network)(image), network(image))


def test_architecture_1_at_256_reconstructs_its_images_size():
    features = architecture_1_features(256)
    network = BlurVAE(Encoder(256, features, 256, channels=3), Decoder(256, features, 256, channels=3)).eval()
    assert network(torch.zeros(1, 3, 256, 256)).shape == (1, 3, 256, 256)


def test_without_a_kernel_network_there_is_no_kernel(make_network):
    network = make_network(with_kernel=False).eval()
    z = torch.zeros(2, 5)
    assert network.kernel(z) is None
    assert torch.jit.script(network).kernel(z) is None


def test_equal_generators_give_equal_samples(network):
    network.eval()
    first = network.sample(4, torch.Generator().manual_seed(3))
    second = network.sample(4, torch.Generator().manual_seed(3))
    assert first.shape == (4, 2, *[16] * network.spatial_dims)
    assert torch.equal(first, second)
    assert not torch.equal(first[0], first[1])


def test_samples_without_a_generator_follow_the_global_seed(network):
    torch.manual_seed(3)
    z = torch.randn(2, 5)
    torch.manual_seed(3)
    assert torch.equal(network.eval().sample(2), network.decode(z))


def test_the_scale_travels_in_the_state_dict(network):
    assert network.scale.shape == ()
    assert network.scale == 1
    assert "scale" in network.state_dict()
    assert "scale" not in dict(network.named_parameters())


def test_parts_of_different_latents_are_refused():
    with pytest.raises(ValueError, match=r"`decoder.latent_size` must equal the encoder's 5, got 6"):
        BlurVAE(Encoder(16, [4, 8], 5), Decoder(16, [4, 8], 6))
    with pytest.raises(ValueError, match=r"`kernel_net.latent_size` must equal the model's 5, got 6"):
        BlurVAE(Encoder(16, [4, 8], 5), Decoder(16, [4, 8], 5), KernelNet(6, (3, 3)))


def test_a_kernel_of_other_dimensions_than_the_image_is_refused():
    with pytest.raises(ValueError, match=r"`kernel_net.kernel_size` must have 2 numbers"):
        BlurVAE(Encoder(16, [4, 8], 5), Decoder(16, [4, 8], 5), KernelNet(5, (3, 3, 3)))


class _Learned(torch.nn.Module):
    """A reconstruction term with a parameter, and a forward that TorchScript cannot compile."""

    def __init__(self) -> None:
        super().__init__()
        self.shape = torch.nn.Parameter(torch.tensor(1.5))

    def forward(self, x_hat, x, *anything):
        return (x_hat - x).abs().pow(self.shape).flatten(1).sum(1)


def test_what_the_reconstruction_term_learns_travels_with_the_weights_and_not_into_a_script():
    parts = Encoder(16, [4, 8], 5), Decoder(16, [4, 8], 5)
    with_term, without = BlurVAE(*parts, likelihood=_Learned()).eval(), BlurVAE(*parts).eval()
    assert set(with_term.state_dict()) - set(without.state_dict()) == {"likelihood.shape"}
    image = torch.zeros(2, 1, 16, 16)
    assert torch.equal(torch.jit.script(with_term)(image), without(image))
