import math

import numpy as np
import pytest
import torch

from monai_blurvae.data import brain_percentile, dequantize, from_signed_range, quantize, to_signed_range
from tests.data.conftest import brain


def test_the_percentile_is_that_of_the_non_zero_voxels():
    volume = brain()
    expected = np.percentile(volume[volume != 0], 99.5)
    assert brain_percentile(torch.from_numpy(volume), 99.5) == pytest.approx(expected)


def test_background_is_minus_one_the_percentile_is_one_and_beyond_is_clipped():
    x = to_signed_range(torch.tensor([0.0, 250.0, 500.0, 900.0, -3.0]), 500.0)
    assert x.tolist() == [-1, 0, 1, 1, -1]
    assert from_signed_range(x, 500.0).tolist() == [0, 250, 500, 500, 0]


def test_the_scale_is_free_of_the_scanner():
    # v -> a v moves the percentile by a as well, so x does not change
    volume = torch.from_numpy(brain())
    ours, theirs = (to_signed_range(v, brain_percentile(v)) for v in (volume, volume * 3.7))
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)


def test_a_byte_is_off_by_at_most_half_a_level_except_beside_background():
    x = torch.linspace(-1, 1, 10_001)
    error = (dequantize(quantize(x)) - x).abs()
    half_a_level = 1 / 255
    assert error[x > -1 + half_a_level].max() <= half_a_level + 1e-6
    assert error.max() <= 2 * half_a_level  # brain of nearly -1 is moved up to level 1


def test_every_byte_survives_the_round_trip():
    levels = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(quantize(dequantize(levels)), levels)
    barely_brain = torch.nextafter(torch.tensor(-1.0), torch.tensor(0.0))
    assert quantize(barely_brain) == 1


@pytest.mark.parametrize(
    ("volume", "percentile", "match"),
    [
        (torch.zeros(3), 99.5, "`volume` must .*non-zero voxels"),
        (-torch.ones(3), 99.5, "`volume` must .*positive"),
        (torch.ones(3), 0, "`percentile` must be in"),
        (torch.ones(3), 101, "`percentile` must be in"),
    ],
)
def test_a_volume_or_a_percentile_without_a_scale_is_refused(volume, percentile, match):
    with pytest.raises(ValueError, match=match):
        brain_percentile(volume, percentile)


@pytest.mark.parametrize("p", [0, -1.0, math.nan, math.inf])
@pytest.mark.parametrize("scale", [to_signed_range, from_signed_range])
def test_a_percentile_that_scales_nothing_is_refused(scale, p):
    with pytest.raises(ValueError, match=f"`p` must be positive and finite, got {p}"):
        scale(torch.ones(2, 2), p)
