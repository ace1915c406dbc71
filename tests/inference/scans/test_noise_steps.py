import pytest
import torch

from monai_blurvae.inference import Acquisition, NoiseLevel, Prewhiten
from monai_blurvae.mri import complex_noise
from tests.inference.scans.scan import SIZE


def test_without_a_scan_nothing_changes(full):
    assert Prewhiten()(full) is full


def test_a_noise_scan_makes_its_noise_white(full, save):
    scan = complex_noise(torch.zeros(4, 4000, dtype=torch.complex64), 3)
    scan[1] += scan[0]
    noisy = Acquisition(**{**vars(full), "kspace": scan[None, :, :480].reshape(1, 4, *SIZE)})
    white = Prewhiten(save(scan))(noisy).kspace
    covariance = torch.cov(white.flatten(2)[0])
    torch.testing.assert_close(covariance, torch.eye(4, dtype=covariance.dtype), atol=0.2, rtol=0)


def test_the_noise_is_stated_or_measured_or_estimated(full, save):
    assert NoiseLevel(0.5)(full).noise_std == 0.5
    assert NoiseLevel()(full).noise_std > 0
    white = Acquisition(**{**vars(full), "noise_std": 1.0})
    assert NoiseLevel()(white) is white
    with pytest.raises(ValueError, match="`noise_std` must be left out where `noise` is given, got 2"):
        NoiseLevel(2)(white)
    with pytest.raises(ValueError, match="`noise_std` must be finite and not negative, got -1"):
        NoiseLevel(-1)(full)


def test_a_scan_of_other_coils_is_refused(full, save):
    other = Prewhiten(save(complex_noise(torch.zeros(3, 50, dtype=torch.complex64), 1)))
    with pytest.raises(ValueError, match="`noise` must be of the 4 coils of `kspace`, got 3"):
        other(full)
