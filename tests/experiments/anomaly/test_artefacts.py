import numpy as np
import pytest
import torch
import torchio as tio

from experiments.anomaly import MotionArtefact, SpikeArtefact
from experiments.anomaly.corruptions import SliceArtefact

BRAIN = torch.zeros(2, 1, 32, 40, dtype=torch.bool)
BRAIN[:, :, 4:28, 4:36] = True
TEXTURE = torch.rand(2, 1, 32, 40, generator=torch.Generator().manual_seed(0)) - 0.5
SLICES = torch.where(BRAIN, TEXTURE, -1)
SEEDS = [3, 8]
ARTEFACTS = [MotionArtefact(3, 3), SpikeArtefact(0.1, spikes=2)]


class Fixed(SliceArtefact):
    def __init__(self, transform):
        self.transform = transform

    def draw(self, generator):
        return self.transform


def spectrum(images):
    return torch.fft.fftshift(torch.fft.fft2(images.double()), dim=(-2, -1))


def test_no_change_is_no_change_but_for_what_is_no_brain():
    outside = torch.where(BRAIN, SLICES, -0.5)
    damaged, where = Fixed(lambda subject: subject)(outside, BRAIN, SEEDS)
    torch.testing.assert_close(damaged, SLICES)
    assert torch.equal(where, BRAIN)


@pytest.mark.parametrize("artefact", ARTEFACTS, ids=str)
def test_it_changes_the_brain_alone_and_is_a_function_of_the_slice_and_its_seed(artefact):
    state = torch.random.get_rng_state()
    damaged = artefact(SLICES, BRAIN, SEEDS).images
    assert torch.equal(torch.random.get_rng_state(), state)
    assert (damaged[~BRAIN] == -1).all()
    assert ((damaged - SLICES)[BRAIN].abs() > 1e-3).float().mean() > 0.5
    assert damaged.abs().max() <= 1
    torch.testing.assert_close(artefact(SLICES[1:], BRAIN[1:], SEEDS[1:]).images, damaged[1:])
    assert not torch.equal(artefact(SLICES, BRAIN, [0, 1]).images, damaged)


def test_motion_fills_columns_of_k_space_from_slices_that_moved():
    """One shift by whole pixels, at half the time, in numpy's words: half of the columns see it."""
    shift = Fixed(tio.Motion(np.zeros((1, 3)), np.array([[0, 0, 2]]), np.array([0.5]), "linear"))
    unit = (SLICES + 1) / 2
    columns = spectrum(unit)
    columns[..., :20] = spectrum(unit.roll(-2, dims=-1))[..., :20]
    expected = torch.fft.ifft2(torch.fft.ifftshift(columns, dim=(-2, -1))).real
    expected = torch.where(BRAIN, expected.clamp(0, 1) * 2 - 1, -1)
    torch.testing.assert_close(shift(SLICES, BRAIN, SEEDS).images.double(), expected, atol=1e-5, rtol=0)


def test_motion_stays_in_the_plane_and_in_its_range():
    transform = MotionArtefact(5, 4, movements=3).draw(torch.Generator().manual_seed(1))
    assert (transform.degrees[:, 1:] == 0).all()
    assert (transform.translation[:, 0] == 0).all()
    assert 0 < abs(transform.degrees[:, 0]).max() <= 5
    assert 0 < abs(transform.translation[:, 1:]).max() <= 4
    assert transform.times.tolist() == [0.25, 0.5, 0.75]


def test_a_spike_is_a_wave_of_the_amplitude_stated():
    """A spike of r times the largest magnitude, that of the sum, is a wave of r times the mean."""
    flat = torch.zeros(1, 1, 32, 32)
    damaged = SpikeArtefact(0.2)(flat, torch.ones_like(flat, dtype=torch.bool), [5]).images
    wave = damaged / 2  # of intensities in [0, 1], whose mean is 1/2
    torch.testing.assert_close(wave.abs().max(), torch.tensor(0.1), atol=2e-3, rtol=0)
    assert (spectrum(wave).abs() > 1).sum() <= 2  # a frequency and its mirror image
