import pytest
import torch

from monai_blurvae.mri import image_to_kspace, simulated_coil_maps, uniform_lines

espirit_maps = pytest.importorskip("monai_blurvae.mri.espirit").espirit_maps


@pytest.fixture
def measured():
    """Maps of 4 coils, and the k-space of a disc that they see, on 32 x 32 pixels."""
    maps = simulated_coil_maps(4, (32, 32), radius=2.5)
    grid = torch.arange(32) - 16
    disc = (grid[:, None] ** 2 + grid**2 < 100).float()
    return maps, disc, image_to_kspace(maps * disc)


def test_maps_are_those_that_the_kspace_was_made_with_up_to_the_first_coils_phase(measured):
    maps, disc, y = measured
    estimated = espirit_maps(y, calibration_width=16)
    expected = maps * (maps[:, :1].conj() / maps[:, :1].abs())
    inside = torch.nn.functional.avg_pool2d(disc[None, None], 5, 1, 2)[0, 0] == 1  # away from the disc's edge
    torch.testing.assert_close(estimated[..., inside], expected[..., inside], atol=0.03, rtol=0)


def test_the_sum_of_squares_is_one_where_there_is_signal_and_zero_elsewhere(measured):
    _, disc, y = measured
    energy = espirit_maps(torch.cat([y, 5 * y]), calibration_width=16).abs().square().sum(dim=1)
    assert bool(((energy - 1).abs().lt(1e-4) | (energy == 0)).all())
    assert bool((energy[:, disc > 0] > 0).all())
    assert bool((energy[:, :3] == 0).all())
    torch.testing.assert_close(energy[0], energy[1])


def test_only_the_calibration_region_counts(measured):
    _, _, y = measured
    mask = uniform_lines((32, 32), 1.5, centre_lines=16)
    torch.testing.assert_close(espirit_maps(y * mask, 16), espirit_maps(y, 16))


def test_a_calibration_region_that_was_not_sampled_is_refused(measured):
    _, _, y = measured
    y[..., 20] = 0
    with pytest.raises(ValueError, match=r"within `calibration_width` = 16 of its centre, got 16 of 256"):
        espirit_maps(y, calibration_width=16)


@pytest.mark.parametrize("width", [4, 33])
def test_calibration_regions_below_a_kernel_or_above_the_image_are_refused(measured, width):
    with pytest.raises(
        ValueError, match=rf"`calibration_width` must be from `kernel_width`, 6, .* got {width}"
    ):
        espirit_maps(measured[2], calibration_width=width)


def test_one_coil_and_real_kspace_are_refused(measured):
    _, _, y = measured
    for bad in (y[:, :1], y.real, y[0]):
        with pytest.raises(ValueError, match=r"`y` must be complex \(B, coils, H, W\) of at least 2 coils"):
            espirit_maps(bad)
