import pytest
import torch

from monai_blurvae.networks import Encoder, architecture_1_features, architecture_2_features


@pytest.mark.parametrize("size", [32, 64, 256])
def test_architecture_1_encodes_every_size_to_two_vectors(size):
    encoder = Encoder(size, architecture_1_features(size), latent_size=7)
    mu, log_var = encoder(torch.zeros(2, 1, size, size))
    assert mu.shape == log_var.shape == (2, 7)


def test_architecture_2_ends_in_one_linear_layer_from_two_by_two_pixels():
    encoder = Encoder(64, architecture_2_features(), latent_size=7, channels=3, hidden_size=None)
    # 64 / 2^5 = 2 pixels along each of two axes, 512 features; mu and log variance together
    assert encoder.perceptron.weight.shape == (2 * 7, 512 * 2 * 2)
    assert encoder(torch.zeros(2, 3, 64, 64))[0].shape == (2, 7)


def test_a_block_is_a_convolution_of_stride_2_batch_norm_and_leaky_relu():
    blocks = Encoder(32, [8, 16], latent_size=3).blocks
    assert [[type(layer).__name__ for layer in block] for block in blocks] == [
        ["Conv2d", "BatchNorm2d", "LeakyReLU"]
    ] * 2
    assert all(block[0].stride == (2, 2) and block[0].kernel_size == (3, 3) for block in blocks)


def test_in_eval_an_image_is_encoded_independently_of_its_batch():
    torch.manual_seed(0)
    encoder = Encoder(16, [4, 8], latent_size=3).eval()
    images = torch.randn(4, 1, 16, 16)
    torch.testing.assert_close(encoder(images)[0][2:3], encoder(images[2:3])[0])


def test_results_are_float32_under_bfloat16_autocast():
    encoder = Encoder(16, [4, 8], latent_size=3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mu, log_var = encoder(torch.zeros(2, 1, 16, 16))
    assert mu.dtype == log_var.dtype == torch.float32


@pytest.mark.parametrize("shape", [(2, 1, 24, 16), (2, 3, 16, 16), (2, 1, 16, 16, 16)])
def test_an_image_of_another_shape_is_refused(shape):
    encoder = Encoder(16, [4, 8], latent_size=3)
    with pytest.raises(ValueError, match=r"`image` must have 1 channel\(s\) and 2 axes of 16 pixels"):
        encoder(torch.zeros(shape))


def test_an_image_size_that_cannot_be_halved_is_refused():
    with pytest.raises(ValueError, match="`image_size` must be a multiple of 16"):
        Encoder(40, [8, 8, 8, 8], latent_size=3)
