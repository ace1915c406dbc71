import pytest
import torch

from monai_blurvae.networks import Decoder, architecture_1_features, architecture_2_features


@pytest.mark.parametrize("size", [32, 64, 256])
def test_architecture_1_decodes_to_every_size(size):
    decoder = Decoder(size, architecture_1_features(size), latent_size=7).eval()
    assert decoder(torch.zeros(1, 7)).shape == (1, 1, size, size)


def test_architecture_2_interpolates_up_to_the_image():
    decoder = Decoder(
        64, architecture_2_features(), latent_size=7, channels=3, hidden_size=None, upsampling="interpolated"
    )
    assert decoder.perceptron.weight.shape == (512 * 2 * 2, 7)  # 64 / 2^5 = 2 pixels along each axis
    assert decoder(torch.zeros(2, 7)).shape == (2, 3, 64, 64)


def test_the_blocks_have_the_features_in_reverse():
    # the paper's appendix A: "for the decoding block, the list of feature layer numbers is reversed"
    blocks = Decoder(64, architecture_1_features(64), latent_size=3).blocks
    assert [block[0].out_channels for block in blocks] == [512, 256, 128, 64]
    assert all(block[0].kernel_size == (4, 4) and block[0].stride == (2, 2) for block in blocks)


@pytest.mark.parametrize("upsampling", ["transposed", "interpolated"])
@pytest.mark.parametrize("spatial_dims", [2, 3])
def test_images_stay_within_minus_one_and_one(spatial_dims, upsampling):
    torch.manual_seed(0)
    decoder = Decoder(16, [4, 8], latent_size=3, spatial_dims=spatial_dims, upsampling=upsampling)
    image = decoder(torch.randn(2, 3) * 100)
    assert image.shape == (2, 1, *[16] * spatial_dims)
    assert image.abs().max() <= 1  # tanh


def test_images_are_float32_under_bfloat16_autocast():
    decoder = Decoder(16, [4, 8], latent_size=3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert decoder(torch.zeros(2, 3)).dtype == torch.float32


def test_an_unknown_upsampling_is_refused():
    with pytest.raises(
        ValueError, match='`upsampling` must be "transposed" or "interpolated", got \'nearest\''
    ):
        Decoder(16, [4, 8], latent_size=3, upsampling="nearest")


def test_an_image_size_that_cannot_be_halved_is_refused():
    with pytest.raises(ValueError, match="`image_size` must be a multiple of 4"):
        Decoder(18, [4, 8], latent_size=3)
