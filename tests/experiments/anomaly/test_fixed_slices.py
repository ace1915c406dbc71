import numpy as np
import pytest
import torch

from experiments.anomaly import fixed_slices
from monai_blurvae.data import dequantize

SIDES = (0, 2, 6, 8, 8, 8, 7, 2, 0)
"""Side of the square of brain in each slice: areas of half the largest and more from 2 to 6."""


@pytest.fixture
def volume():
    volume = np.zeros((len(SIDES), 10, 12), dtype=np.uint8)
    for number, side in enumerate(SIDES):
        volume[number, 1 : 1 + side, 2 : 2 + side] = 100 + number
    return volume


def test_slices_lie_at_equal_distances_between_the_first_and_the_last_with_much_brain(volume):
    assert fixed_slices(volume, 3).indices == [2, 4, 6]
    assert fixed_slices(volume, 5).indices == [2, 3, 4, 5, 6]
    assert fixed_slices(volume, 1).indices == [4]
    assert fixed_slices(volume, 2, least_area=0.05).indices == [1, 7]


def test_they_are_the_volumes_in_the_networks_range(volume):
    images, brain, indices = fixed_slices(volume, 3)
    for number, index in enumerate(indices):
        assert images[number, 0].tolist() == dequantize(torch.from_numpy(volume[index])).tolist()
        assert (brain[number, 0].numpy() == (volume[index] != 0)).all()


def test_a_dark_hole_in_the_brain_is_brain_and_a_bay_is_not(volume):
    volume[4, 4, 5] = 0
    volume[4, 1, 5] = 0
    brain = fixed_slices(volume, 1).brain[0, 0]
    assert brain[4, 5]
    assert not brain[1, 5]


@pytest.mark.parametrize("n", [0, 6])
def test_more_slices_than_there_are_or_none_is_refused(volume, n):
    with pytest.raises(ValueError, match=f"`n` must lie between 1 and the 5 slices with brain, got {n}"):
        fixed_slices(volume, n)


@pytest.mark.parametrize("share", [0, 1.5])
def test_an_area_out_of_range_is_refused(volume, share):
    with pytest.raises(ValueError, match=r"`least_area` must be in \(0, 1\]"):
        fixed_slices(volume, 1, share)
