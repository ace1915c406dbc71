import pytest
import torch

from monai_blurvae.data import brain_percentile, to_signed_range
from monai_blurvae.priors import IntensityRange


def test_a_stripped_slices_range_is_that_of_training():
    magnitude = torch.zeros(20, 20)
    magnitude[5:15, 5:15] = torch.rand(10, 10, generator=torch.Generator().manual_seed(0)) + 0.5
    intensity = IntensityRange.from_magnitude(magnitude)
    assert intensity.scale == brain_percentile(magnitude)
    trained = to_signed_range(magnitude, intensity.scale)
    torch.testing.assert_close(intensity.to_network(magnitude).clamp(max=1), trained)


def test_faint_noise_in_the_background_changes_nothing():
    magnitude = torch.zeros(40, 40)
    magnitude[10:30, 10:30] = torch.rand(20, 20, generator=torch.Generator().manual_seed(0)) + 0.5
    noisy = magnitude + 0.01 * (magnitude == 0)
    assert IntensityRange.from_magnitude(noisy) == IntensityRange.from_magnitude(magnitude)


def test_the_way_to_the_network_and_back_is_the_identity():
    m, intensity = torch.rand(3, 1, 4, 4, dtype=torch.float64), IntensityRange(0.7)
    torch.testing.assert_close(intensity.to_magnitude(intensity.to_network(m)), m)


def test_what_scales_the_magnitude_scales_the_range():
    m = torch.rand(30, 30, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    small, large = IntensityRange.from_magnitude(1e-5 * m), IntensityRange.from_magnitude(m)
    assert small.scale == pytest.approx(1e-5 * large.scale)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf")])
def test_a_scale_out_of_range_is_refused(scale):
    with pytest.raises(ValueError, match="`scale` must be positive and finite"):
        IntensityRange(scale)


@pytest.mark.parametrize(
    ("magnitude", "message"),
    [
        (torch.ones(2, 2) * 1j, "`magnitude` must be real"),
        (torch.tensor([1.0, float("nan")]), "`magnitude` must be finite"),
        (torch.zeros(3), "must hold non-zero voxels"),
    ],
)
def test_a_magnitude_without_a_range_is_refused(magnitude, message):
    with pytest.raises(ValueError, match=message):
        IntensityRange.from_magnitude(magnitude)
