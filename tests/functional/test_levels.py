import torch

from monai_blurvae.functional import byte_levels


def test_every_level_comes_back_from_its_value():
    levels = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    assert torch.equal(byte_levels(levels.float() / 127.5 - 1), levels)


def test_half_types_are_rounded_as_the_numbers_they_hold():
    image = torch.linspace(-1, 1, 16).view(1, 1, 4, 4).bfloat16()
    assert torch.equal(byte_levels(image), byte_levels(image.float()))
