import nibabel as nib
import numpy as np
import pytest
import torch

from experiments.study.plan import Condition, Simulation
from experiments.study.slices import References, Slice, acquire
from monai_blurvae.data import Preprocessing
from monai_blurvae.mri import acceleration


def references(multiple=2, seed=0, preprocessing=None, **further):
    simulation = Simulation(centre_lines=4, amplitude_rad=1.0, cycles=1, multiple=multiple, **further)
    return References(preprocessing or PREPROCESSING, simulation, seed)


PREPROCESSING = Preprocessing(orientation="RAS", min_size=(4, 4), margin=1)


@pytest.fixture
def ramp(tmp_path):
    """Slices 2 to 8 of 11 hold 10 times their number, within 7 x 5 voxels."""
    volume = np.zeros((13, 11, 11), dtype=np.float32)
    volume[3:10, 3:8, 2:9] = 10 * np.arange(2, 9)
    path = tmp_path / "sub-07_T1w.nii"
    nib.save(nib.Nifti1Image(volume, np.eye(4)), path)
    return path


def test_a_slice_is_found_by_its_place_in_the_brain_and_divided_by_the_percentile(ramp):
    x = references(2, 0)(Slice(ramp, 0.5))
    assert x.dtype == torch.complex64
    assert x.shape == (1, 1, 10, 8)  # 7 + 2 margins and 5 + 2, made even
    scale = np.percentile(np.repeat(10 * np.arange(2, 9), 35), 99.5)
    magnitude = x.abs()[0, 0]
    torch.testing.assert_close(magnitude[1:8, 1:6], torch.full((7, 5), 50 / float(scale)))
    assert int((magnitude > 0).sum()) == 35


def test_nothing_is_clipped(ramp):
    with_low_percentile = Preprocessing(orientation="RAS", min_size=(4, 4), margin=1, percentile=50)
    x = references(preprocessing=with_low_percentile)(Slice(ramp, 1.0))
    assert x.abs().max().item() == pytest.approx(80 / 50)


def test_the_phase_belongs_to_subject_slice_and_seed(ramp):
    read = references()
    phase = read(Slice(ramp, 0.5)).angle()
    assert phase.abs().max() <= 1.0
    assert torch.equal(read(Slice(ramp, 0.5)).angle(), phase)
    assert not torch.equal(read(Slice(ramp, 0.9)).angle(), phase)
    assert not torch.equal(references(2, 1)(Slice(ramp, 0.5)).angle(), phase)


def test_a_rough_phase_lies_on_the_smooth_one(ramp):
    smooth, rough = (references(32, rough_rad=rad)(Slice(ramp, 0.5)) for rad in (0, 0.1))
    torch.testing.assert_close(smooth.abs(), rough.abs())
    within = smooth.abs() > 0
    difference = (rough * smooth.conj()).angle()[within]
    assert 0.03 < difference.square().mean().sqrt() < 0.3


def test_sides_are_multiples_of_what_is_asked_for(ramp):
    assert references(16, 0)(Slice(ramp, 0.5)).shape == (1, 1, 16, 16)


def test_odd_sides_are_refused():
    with pytest.raises(ValueError, match="`multiple` must be at least 2, got 1"):
        references(1, 0)


X = torch.randn(1, 1, 32, 24, dtype=torch.complex64, generator=torch.Generator().manual_seed(0))
SEED = (0, "sub-01", 0.5)


def test_full_sampling_without_noise_keeps_the_norm_and_gives_the_slice_back():
    y, encoding = acquire(X, Condition("uniform", 8, None, 1), 4, *SEED)
    assert y.shape == (1, 8, 32, 24)
    torch.testing.assert_close(y.norm(), X.norm())
    torch.testing.assert_close(encoding.adjoint(y), X)


def test_noise_lies_30_db_below_the_rms_of_all_of_k_space():
    y, encoding = acquire(X, Condition("uniform", 8, None, 2), 4, *SEED)
    noisy, _ = acquire(X, Condition("uniform", 8, 30, 2), 4, *SEED)
    sampled = encoding.mask.expand_as(y.real) > 0
    noise = (noisy - y)[sampled]
    rms = X.norm() / (8 * 32 * 24) ** 0.5
    decibel = 20 * torch.log10(rms / noise.abs().square().mean().sqrt())
    # an rms of n complex values is off by 1 / (2 sqrt(n)) of itself; five times that, in dB
    assert abs(decibel - 30) < 8.7 * 5 / 2 / len(noise) ** 0.5
    assert not (noisy - y)[~sampled].any()


def test_the_mask_is_the_same_for_every_number_of_coils_and_noise_and_another_for_another_slice():
    masks = [
        acquire(X, Condition("variable_density", coils, noise, 4), 4, *SEED)[1].mask
        for coils in (1, 8)
        for noise in (None, 30)
    ]
    assert all(torch.equal(mask, masks[0]) for mask in masks)
    assert acceleration(masks[0]) == 4
    other = acquire(X, Condition("variable_density", 1, None, 4), 4, 0, "sub-02", 0.5)[1].mask
    assert not torch.equal(other, masks[0])
