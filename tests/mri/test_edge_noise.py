import pytest
import torch
from monai_blurvae.mri.edge_noise import edge_noise_std

from monai_blurvae.mri import complex_noise


def noise(std, *shape):
    return complex_noise(torch.zeros(shape, dtype=torch.complex64), std)


def test_white_noise_is_measured():
    assert edge_noise_std(noise(3.0, 1, 8, 128, 128), torch.ones(1, 1, 128, 128)) == pytest.approx(
        3, rel=0.02
    )


def test_signal_at_the_centre_and_what_is_not_sampled_do_not_count():
    y, mask = noise(0.5, 1, 8, 128, 96), torch.zeros(1, 1, 128, 96)
    mask[..., ::3] = 1
    y[..., 54:74, 38:58] += 1000
    assert edge_noise_std(y * mask, mask) == pytest.approx(0.5, rel=0.05)


def test_the_estimate_has_the_units_of_kspace():
    y, mask = noise(1.0, 1, 2, 16, 16), torch.ones(1, 1, 16, 16)
    assert edge_noise_std(1e-6 * y, mask) == pytest.approx(1e-6 * edge_noise_std(y, mask))


def test_shares_and_masks_that_leave_nothing_are_refused():
    y = noise(1.0, 1, 1, 8, 8)
    with pytest.raises(ValueError, match="`share` must be above 0 and at most 1, got 0"):
        edge_noise_std(y, torch.ones(1, 1, 8, 8), 0)
    with pytest.raises(ValueError, match="`mask` must sample something"):
        edge_noise_std(y, torch.zeros(1, 1, 8, 8))
