import pytest

from monai_blurvae.networks import architecture_1_features, architecture_2_features
from monai_blurvae.networks.features import smallest_size


def test_architecture_1_has_the_papers_features_at_64_and_256():
    # four blocks of 64, 128, 256, 512 at 64x64 and six blocks at 256x256 (paper, appendix A)
    assert architecture_1_features(64) == [64, 128, 256, 512]
    assert architecture_1_features(256) == [64, 128, 256, 512, 512, 512]


@pytest.mark.parametrize("size", [32, 64, 128, 256, 512])
def test_architecture_1_ends_at_four_pixels_at_every_power_of_two(size):
    # size / 2^(log2(size) - 2) = 4
    assert smallest_size(size, architecture_1_features(size)) == 4


def test_architecture_2_has_the_papers_five_blocks():
    assert architecture_2_features() == [32, 64, 128, 256, 512]


@pytest.mark.parametrize("size", [0, 4, 48, 65, -64])
def test_a_size_that_is_no_power_of_two_from_8_up_is_refused(size):
    with pytest.raises(ValueError, match=rf"`image_size` must be a power of two from 8 up, got {size}"):
        architecture_1_features(size)


def test_a_size_that_cannot_be_halved_often_enough_is_refused():
    with pytest.raises(ValueError, match=r"`image_size` must be a multiple of 32 to be halved .* got 48"):
        smallest_size(48, architecture_2_features())


def test_no_blocks_at_all_are_refused():
    with pytest.raises(ValueError, match="`features` must be positive sizes, one per axis, got \\[\\]"):
        smallest_size(64, [])
