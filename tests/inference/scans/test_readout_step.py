import pytest
import torch

from monai_blurvae.inference import Acquisition, RemoveOversampling
from monai_blurvae.mri import kspace_to_image, remove_readout_oversampling
from tests.inference.scans.scan import SIZE, kspace


@pytest.fixture
def full():
    return Acquisition(kspace(), torch.ones(1, 1, *SIZE, dtype=torch.bool), 1, 3)


def test_without_a_size_nothing_changes(full):
    assert RemoveOversampling()(full) is full


def test_rows_are_the_readout_unless_columns_are(full):
    expected = remove_readout_oversampling(full.kspace, 12)
    cropped = RemoveOversampling(12)(full)
    assert torch.equal(cropped.kspace, expected)
    assert cropped.mask.shape == (1, 1, 12, 20)
    narrow = RemoveOversampling(10, phase_encoding_axis=-2)(full)
    torch.testing.assert_close(kspace_to_image(narrow.kspace), kspace_to_image(full.kspace)[..., 5:15])


def test_other_axes_are_refused():
    with pytest.raises(ValueError, match=r"`phase_encoding_axis` must be -1 .* got 1"):
        RemoveOversampling(4, phase_encoding_axis=1)
