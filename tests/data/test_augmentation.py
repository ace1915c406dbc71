import torch
import torchio as tio
from monai.bundle import ConfigParser

from monai_blurvae.data import PatchAugmentation

PATCHES = torch.rand(3, 1, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
NOISE = PatchAugmentation(tio.RandomNoise(std=0.1))


def test_axes_are_rows_columns_slices_in_2d_and_3d():
    volumes = torch.rand(2, 1, 4, 6, 8) * 2 - 1
    for axis, dim in ((0, -2), (1, -1), (2, -3)):
        flipped = PatchAugmentation(tio.Flip(axis))(volumes, [0, 1])
        torch.testing.assert_close(flipped, volumes.flip(dim))
    torch.testing.assert_close(PatchAugmentation(tio.Flip(1))(PATCHES, [0, 1, 2]), PATCHES.flip(-1))


def test_the_three_channels_of_an_image_are_no_slices():
    images = torch.rand(2, 3, 8, 6) * 2 - 1
    for axis, dim in ((0, -2), (1, -1)):
        torch.testing.assert_close(PatchAugmentation(tio.Flip(axis))(images, [0, 1]), images.flip(dim))
    seen = []
    PatchAugmentation(lambda subject: seen.append(subject.image.shape) or subject)(images, [0, 1])
    assert seen == [(3, 8, 6, 1)] * 2


def test_transforms_see_zero_to_one_and_the_result_is_clipped():
    seen = []

    def add(subject):
        seen.append(subject.image.data.clone())
        subject.image.set_data(subject.image.data + 0.5)
        return subject

    result = PatchAugmentation(add)(PATCHES, [0, 1, 2])
    assert torch.stack(seen).aminmax() == ((PATCHES.min() + 1) / 2, (PATCHES.max() + 1) / 2)
    torch.testing.assert_close(result, (PATCHES + 1).clamp(-1, 1))


def test_a_seed_decides_a_patch_whatever_else_is_in_the_batch():
    state = torch.get_rng_state()
    batch = NOISE(PATCHES, [5, 6, 7])
    assert torch.equal(torch.get_rng_state(), state)
    torch.testing.assert_close(NOISE(PATCHES[1:2], [6]), batch[1:2])
    assert not torch.equal(NOISE(PATCHES[1:2], [7]), batch[1:2])


def test_a_configuration_can_name_torchio_transforms():
    chain = [
        {"_target_": "torchio.RandomFlip", "axes": 1},
        {"_target_": "torchio.RandomAffine", "degrees": [0, 0, 0, 0, -9, 9], "default_pad_value": 0},
        {"_target_": "torchio.RandomElasticDeformation", "max_displacement": [1, 1, 0]},
    ]
    config = {
        "augmentation": {
            "_target_": "monai_blurvae.data.PatchAugmentation",
            "transform": {"_target_": "torchio.Compose", "transforms": chain},
        }
    }
    augmented = ConfigParser(config).get_parsed_content("augmentation")(PATCHES, [0, 1, 2])
    assert augmented.shape == PATCHES.shape
    assert augmented.abs().max() <= 1
