import math

import pytest
import torch

from monai_blurvae.mri import (
    CartesianEncoding,
    compression_matrix,
    espirit_maps,
    image_to_kspace,
    mix_coils,
    simulated_coil_maps,
    uniform_lines,
)
from tests.mri.kspace import SIZE, complex_noise


@pytest.mark.parametrize(("coils", "size"), [(8, (12, 9)), (1, (4, 4)), (4, (7, 16))])
def test_the_sum_of_squares_is_one_everywhere(coils, size):
    maps = simulated_coil_maps(coils, size)
    assert maps.shape == (1, coils, *size)
    torch.testing.assert_close(maps.abs().square().sum(dim=1), torch.ones(1, *size))


def test_each_coil_sees_a_pixel_by_its_inverse_distance_and_direction():
    # pixel (0, 0) of 2 x 2 lies at (-1, -1), coil 0 at (1.5, 0), coil 1 at (-1.5, 0)
    maps = simulated_coil_maps(2, (2, 2))[0, :, 0, 0]
    inverse = torch.tensor([1 / math.hypot(2.5, 1), 1 / math.hypot(0.5, 1)])
    torch.testing.assert_close(maps.abs(), inverse / inverse.norm())
    phase = torch.tensor([math.atan2(-2.5, 1), math.atan2(0.5, 1) - math.pi])
    torch.testing.assert_close(maps.sgn(), torch.exp(1j * phase))


@pytest.mark.parametrize(
    ("argument", "match"),
    [
        ({"coils": 0}, "`coils` must be an integer of at least 1, got 0"),
        ({"size": (0, 4)}, "`size` must be an integer of at least 1"),
        ({"radius": 1.0}, r"`radius` must be above sqrt\(2\), outside the image, got 1.0"),
    ],
)
def test_no_coil_no_pixel_and_a_coil_inside_the_image_are_refused(argument, match):
    with pytest.raises(ValueError, match=match):
        simulated_coil_maps(**{"coils": 8, "size": (4, 4), **argument})


def test_virtual_coils_keep_the_energy_of_the_first_singular_values():
    y = complex_noise(2, 5, *SIZE)
    singular = torch.linalg.svdvals(y.flatten(2))
    for coils in (1, 3, 5):
        compressed = mix_coils(compression_matrix(y, coils), y)
        assert compressed.shape == (2, coils, *SIZE)
        kept = compressed.abs().square().flatten(1).sum(dim=1)
        torch.testing.assert_close(kept, singular[:, :coils].square().sum(dim=1))


def test_rows_are_orthonormal_so_white_noise_stays_white():
    matrix = compression_matrix(complex_noise(2, 5, *SIZE), 3)
    torch.testing.assert_close(matrix @ matrix.mH, torch.eye(3, dtype=matrix.dtype).expand(2, -1, -1))


def test_kspace_and_maps_compressed_alike_still_fit_each_other():
    x, maps = complex_noise(1, 1, 8, 8), simulated_coil_maps(6, (8, 8)).to(torch.complex128)
    mask = torch.ones(8, 8)
    y = CartesianEncoding(mask, maps)(x)
    matrix = compression_matrix(y, 4)
    virtual = CartesianEncoding(mask, mix_coils(matrix, maps))
    torch.testing.assert_close(virtual(x), mix_coils(matrix, y))


@pytest.mark.parametrize("coils", [0, 6])
def test_more_virtual_coils_than_coils_or_none_are_refused(coils):
    with pytest.raises(
        ValueError,
        match=rf"`coils` must be (an integer of at least 1|from 1 to .* coils, 5), got {coils}",
    ):
        compression_matrix(complex_noise(1, 5, *SIZE), coils)


def test_a_matrix_for_other_coils_is_refused():
    with pytest.raises(ValueError, match="`values` must have 4 coils as `matrix`, got 5"):
        mix_coils(torch.eye(4, dtype=torch.complex64), complex_noise(1, 5, *SIZE))


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


def test_noise_in_which_espirit_finds_no_coils_is_refused():
    noise = torch.randn(1, 4, 32, 32, dtype=torch.complex64, generator=torch.Generator().manual_seed(0))
    with pytest.raises(ValueError, match=r"`y` must show coils .* got none found by ESPIRiT in .* = 6 of 1"):
        espirit_maps(noise, calibration_width=6)
