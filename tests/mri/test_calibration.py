import pytest
import torch
from monai_blurvae.mri.calibration import calibration_width

from monai_blurvae.mri import uniform_lines


@pytest.mark.parametrize("edge", range(1, 10))
def test_the_square_that_was_sampled_is_found(edge):
    mask = torch.zeros(10, 9)
    mask[5 - edge // 2 : 5 - edge // 2 + edge, 4 - edge // 2 : 4 - edge // 2 + edge] = 1
    assert calibration_width(mask) == edge


def test_lines_give_as_many_as_their_centre():
    mask = torch.zeros(12, 20, dtype=torch.bool)
    mask[:, 10 - 3 : 10 + 3] = True
    assert calibration_width(mask) == 6


def test_it_is_never_more_than_asked_for_or_there():
    assert calibration_width(uniform_lines((40, 40), 1), most=24) == 24
    assert calibration_width(uniform_lines((40, 10), 1, centre_lines=4), most=24) == 10


def test_every_mask_of_a_batch_counts_and_a_missing_centre_gives_zero():
    mask = torch.ones(2, 1, 8, 8)
    mask[1, 0, 4, 4] = 0
    assert calibration_width(mask) == 0
