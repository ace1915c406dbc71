import nibabel as nib
import numpy as np
import pytest
import torch

from experiments.study.plan import Simulation
from experiments.study.slices import References, Slice
from monai_blurvae.data import Preprocessing


def references(multiple=2, seed=0, preprocessing=None):
    simulation = Simulation(centre_lines=4, amplitude_rad=1.0, cycles=1, multiple=multiple)
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


def test_sides_are_multiples_of_what_is_asked_for(ramp):
    assert references(16, 0)(Slice(ramp, 0.5)).shape == (1, 1, 16, 16)


def test_odd_sides_are_refused():
    with pytest.raises(ValueError, match="`multiple` must be at least 2, got 1"):
        references(1, 0)
