import pytest
import torch

from monai_blurvae.mri import smooth_phase
from tests.priors.conftest import complex_images


def test_a_constant_phase_is_found_whatever_the_magnitude():
    magnitude = (
        torch.rand(1, 1, 16, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 0.1
    )
    phase = torch.full_like(magnitude, 0.7)
    torch.testing.assert_close(smooth_phase(torch.polar(magnitude, phase), width=1.0), phase)


def test_a_single_frequency_keeps_its_phase():
    ramp = (2 * torch.pi * torch.arange(16, dtype=torch.float64) / 16).expand(1, 1, 16, 16)
    found = smooth_phase(torch.polar(torch.ones_like(ramp), ramp), width=2.0)
    torch.testing.assert_close(torch.polar(torch.ones_like(ramp), found - ramp).real, torch.ones_like(ramp))


def test_a_wide_filter_gives_the_images_own_phase():
    x = complex_images(1, 8, 8)
    torch.testing.assert_close(smooth_phase(x, width=1e6), x.angle())


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match=r"`x` must be complex, got torch.float32"):
        smooth_phase(torch.ones(1, 1, 4, 4))
    with pytest.raises(ValueError, match="`width` must be positive, got 0"):
        smooth_phase(complex_images(1), width=0)
