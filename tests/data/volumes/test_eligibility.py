import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from monai_blurvae.data.volumes.eligibility import brain_counts, eligible_box

VOLUME = (np.random.default_rng(0).random((7, 11, 9)) > 0.6).astype(np.uint8) * 200


@pytest.mark.parametrize("size", [(1, 4, 4), (3, 4, 5), (1, 1, 1), (7, 11, 9)])
def test_counts_are_those_of_every_window(size):
    windows = sliding_window_view(VOLUME != 0, size)
    np.testing.assert_array_equal(brain_counts(VOLUME, size), windows.sum(axis=(-1, -2, -3)))


def test_the_box_holds_every_eligible_corner_and_no_more():
    size, least = (1, 4, 4), 9
    corners = np.argwhere(sliding_window_view(VOLUME != 0, size).sum(axis=(-1, -2, -3)) >= least)
    low, lengths = eligible_box(VOLUME, size, least)
    np.testing.assert_array_equal(low, corners.min(axis=0))
    np.testing.assert_array_equal(low + lengths - 1, corners.max(axis=0))


@pytest.mark.parametrize(("size", "least"), [((1, 4, 4), 17), ((1, 12, 4), 0), ((8, 1, 1), 0)])
def test_there_is_no_box_without_an_eligible_patch(size, least):
    assert eligible_box(VOLUME, size, least) is None
