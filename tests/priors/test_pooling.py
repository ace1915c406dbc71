import math

import pytest
import torch

from monai_blurvae.priors import mean_of_highest

NAN = math.nan


def test_the_whole_share_is_the_mean_of_what_counts():
    values = torch.tensor([[3.0, NAN, 1.0], [NAN, NAN, 5.0]])
    torch.testing.assert_close(mean_of_highest(values), values.nanmean(dim=1))


def test_a_small_share_is_the_maximum_and_parts_are_rounded_up():
    values = torch.tensor([[3.0, NAN, -1.0, 2.0, NAN]])
    for share, expected in ((0.01, 3.0), (0.34, 2.5), (0.67, 4 / 3)):
        torch.testing.assert_close(mean_of_highest(values, share), torch.tensor([expected]))


@pytest.mark.parametrize("share", [0, 1.1, NAN])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(ValueError, match=r"`share` must be in \(0, 1\], got"):
        mean_of_highest(torch.ones(1, 2), share)
