from dataclasses import replace

import pytest
import torch

from monai_blurvae.inference import (
    Acquisition,
    CompressCoils,
    EstimateMaps,
    GivenMaps,
    HoldBack,
    NoiseLevel,
    Prewhiten,
    Undersample,
)
from monai_blurvae.mri import complex_noise
from tests.inference.scans.scan import SIZE, coil_maps, kspace, phantom


def test_without_settings_nothing_changes(full):
    for step in (GivenMaps(), Prewhiten(), CompressCoils()):
        assert step(full) is full


def test_maps_are_those_of_the_file(full, save):
    assert torch.equal(GivenMaps(save(coil_maps()[0]))(full).coil_maps, coil_maps())
    several = coil_maps() * torch.tensor([1, 1j, -1])[:, None, None, None]
    assert torch.equal(GivenMaps(save(several))(full).coil_maps, several[1:2])


@pytest.mark.parametrize(
    "maps", [coil_maps(2)[0], coil_maps()[0].abs(), coil_maps(4, (20, 24))[0], coil_maps()[0, 0]]
)
def test_maps_that_do_not_fit_are_refused(full, save, maps):
    step = GivenMaps(save(maps))
    with pytest.raises(ValueError, match=r"`coil_maps` must be complex .*as `kspace`, \(4, 24, 20\), got"):
        step(full)


def test_mixing_keeps_what_the_encoding_measures(full, save):
    """y = M F S x stays true when k-space and maps are prewhitened and compressed alike."""
    scan = complex_noise(torch.zeros(4, 500, dtype=torch.complex64), 1) * torch.arange(1, 5)[:, None]
    noise = save(scan)
    mapped = replace(full, coil_maps=coil_maps())
    white = Prewhiten(noise)(mapped)
    mixed = CompressCoils(3)(white)
    assert mixed.kspace.shape[1] == mixed.coil_maps.shape[1] == 3
    assert mixed.noise_std == 1
    for step in (white, mixed):
        torch.testing.assert_close(step.encoding(phantom()), step.kspace, atol=1e-4, rtol=1e-4)


def test_maps_are_estimated_from_a_centre_that_is_fully_sampled():
    """They see the object as the true maps do, up to the phase that ESPIRiT leaves free."""
    pytest.importorskip("sigpy")
    size = (32, 32)
    full = Acquisition(kspace(4, size), torch.ones(1, 1, *size, dtype=torch.bool), 0, 1)
    estimated = EstimateMaps()(Undersample(2, centre=12)(full)).coil_maps
    inside = phantom(size)[0, 0].abs() > 0.5
    agreement = (estimated.conj() * coil_maps(4, size)).sum(dim=1).abs()[0][inside]
    assert agreement.median() > 0.99


def test_one_coil_and_given_maps_are_left_alone(full):
    one = replace(full, kspace=full.kspace[:, :1])
    assert EstimateMaps()(one) is one
    given = replace(full, coil_maps=coil_maps())
    assert EstimateMaps()(given) is given


def test_refusals_name_the_setting(full, save):
    holes = replace(full, mask=full.mask & (torch.arange(20) % 2 == 0))
    with pytest.raises(
        ValueError, match=r"`coil_maps` must be given where the centre .* got \d x \d in slice 1"
    ):
        EstimateMaps()(holes)
    noise = replace(full, kspace=complex_noise(full.kspace, 1, seed=1))
    with pytest.raises(ValueError, match=r"by ESPIRiT in `calibration_width` = 6.*\(slice 1 of"):
        EstimateMaps(6)(noise)
    with pytest.raises(ValueError, match="`virtual_coils` must be from 1 to the 4 coils of `kspace`, got 5"):
        CompressCoils(5)(full)
    other = Prewhiten(save(complex_noise(torch.zeros(3, 50, dtype=torch.complex64), 1)))
    with pytest.raises(ValueError, match="`noise` must be of the 4 coils of `kspace`, got 3"):
        other(full)


def test_a_noise_scan_makes_its_noise_white(full, save):
    scan = complex_noise(torch.zeros(4, 4000, dtype=torch.complex64), 3)
    scan[1] += scan[0]
    noisy = replace(full, kspace=scan[None, :, :480].reshape(1, 4, *SIZE))
    white = Prewhiten(save(scan))(noisy).kspace
    covariance = torch.cov(white.flatten(2)[0])
    torch.testing.assert_close(covariance, torch.eye(4, dtype=covariance.dtype), atol=0.2, rtol=0)


def test_the_noise_is_stated_or_measured_or_estimated(full, save):
    assert NoiseLevel(0.5)(full).noise_std == 0.5
    assert NoiseLevel()(full).noise_std > 0
    white = replace(full, noise_std=1.0)
    assert NoiseLevel()(white) is white
    with pytest.raises(ValueError, match="`noise_std` must be left out where `noise` is given, got 2"):
        NoiseLevel(2)(white)
    with pytest.raises(ValueError, match="`noise_std` must be a number of at least 0, got -1"):
        NoiseLevel(-1)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: CompressCoils(0), "`virtual_coils` must be an integer of at least 1, got 0"),
        (lambda: CompressCoils(1.5), "`virtual_coils` must be an integer of at least 1, got 1.5"),
        (lambda: EstimateMaps("x"), "`calibration` must be an integer of at least 1, got 'x'"),
        (lambda: HoldBack(1.0), r"`hold_back` must be in \[0, 1\), got 1.0"),
    ],
)
def test_a_step_refuses_its_setting_before_it_has_a_slice(make, match):
    with pytest.raises(ValueError, match=match):
        make()
