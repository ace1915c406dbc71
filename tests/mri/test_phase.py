import math

import pytest
import torch

from monai_blurvae.mri import image_to_kspace, rough_phase, smooth_phase, synthetic_phase, with_phase
from tests.priors.conftest import complex_images


def test_a_constant_phase_is_found_whatever_the_magnitude():
    magnitude = complex_images(1, 16, 16).abs()
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
    with pytest.raises(ValueError, match="`width` must be positive and finite, got 0"):
        smooth_phase(complex_images(1), width=0)


def test_the_largest_phase_is_the_amplitude():
    phase = synthetic_phase((24, 17), seed=3, amplitude_rad=0.7)
    assert phase.shape == (1, 1, 24, 17)
    torch.testing.assert_close(phase.abs().max(), torch.tensor(0.7))


@pytest.mark.parametrize("cycles", [1, 2])
def test_a_phase_has_no_frequency_above_the_stated_one(cycles):
    phase = synthetic_phase((24, 17), cycles=cycles)
    power = image_to_kspace(phase.to(torch.complex64)).abs().square()[0, 0]
    inside = power[12 - cycles : 13 + cycles, 8 - cycles : 9 + cycles].sum()
    torch.testing.assert_close(inside, power.sum())


def test_a_seed_draws_the_same_phase_again_and_another_seed_another():
    assert torch.equal(synthetic_phase((8, 8), seed=1), synthetic_phase((8, 8), seed=1))
    assert not torch.equal(synthetic_phase((8, 8), seed=1), synthetic_phase((8, 8), seed=2))


def test_phase_leaves_magnitudes_as_they_are():
    magnitude = torch.rand(2, 1, 8, 8)
    x = with_phase(magnitude, synthetic_phase((8, 8)))
    assert x.dtype == torch.complex64
    torch.testing.assert_close(x.abs(), magnitude)
    torch.testing.assert_close(x.angle(), synthetic_phase((8, 8)).expand(2, -1, -1, -1))


@pytest.mark.parametrize(
    ("argument", "match"),
    [({"size": (0, 4)}, "`size`"), ({"cycles": 0}, "`cycles`"), ({"amplitude_rad": -1.0}, "`amplitude_rad`")],
)
def test_arguments_out_of_range_are_refused(argument, match):
    with pytest.raises(ValueError, match=match):
        synthetic_phase(**{"size": (4, 4), **argument})


def test_a_rough_phase_has_the_stated_size_no_low_frequencies_and_the_stated_decay():
    size = (128, 96)
    phase = rough_phase(size, seed=1, rms_rad=0.2, least_cycles=8, decay=1.5)
    assert phase.square().mean().sqrt().item() == pytest.approx(0.2, rel=1e-5)
    power = image_to_kspace(phase.to(torch.complex64)).abs().square()[0, 0]
    radii = torch.hypot(torch.arange(-64.0, 64)[:, None], torch.arange(-48.0, 48))
    assert power[radii < 8].sum() < 1e-6 * power.sum()
    rings = [power[(radii >= least) & (radii < 1.2 * least)].mean().log().item() for least in (10, 40)]
    assert (rings[0] - rings[1]) / math.log(4) == pytest.approx(1.5, abs=0.3)
    assert torch.equal(phase, rough_phase(size, 1, 0.2))
    assert not torch.equal(phase, rough_phase(size, 2, 0.2))


@pytest.mark.parametrize(
    ("argument", "match"),
    [({"size": (12, 40)}, "`size`"), ({"rms_rad": -0.1}, "`rms_rad`"), ({"decay": -1}, "`decay`")],
)
def test_a_rough_phase_of_other_numbers_is_refused(argument, match):
    with pytest.raises(ValueError, match=match):
        rough_phase(**{"size": (40, 40), **argument})
