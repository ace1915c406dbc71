import pytest
import torch

from monai_blurvae.priors import PatchTiling
from monai_blurvae.priors.framed_patches import FramedPatches
from tests.priors.conftest import SIZE, images

TILING = PatchTiling((SIZE, SIZE), (4, 4), "reflect")


@pytest.mark.parametrize("size", [(5, 6), (SIZE, SIZE), (13, 10), (16, 21)])
def test_maps_of_patches_go_back_to_where_the_patches_were_cut(prior, size):
    x = images(2, *size)
    cut = FramedPatches(x, torch.ones_like(x, dtype=torch.bool), prior, TILING, 0)
    torch.testing.assert_close(cut.per_pixel(cut.patches), x)
    steps = [max(0, -(-(side - SIZE) // 4)) + 1 for side in size]
    assert cut.counted.shape == (2, steps[0] * steps[1])


def test_what_frames_a_slice_is_background_without_brain(prior):
    x = images(1, 5, 6)
    cut = FramedPatches(x, torch.ones_like(x, dtype=torch.bool), prior, TILING, 30 / 64)
    assert (cut.patches == -1).sum() == 64 - 30
    with pytest.raises(ValueError, match=r"`brain` must fill 0\.5 of at least one patch of every slice"):
        FramedPatches(x, torch.ones_like(x, dtype=torch.bool), prior, TILING, 0.5)


def test_numbers_of_patches_stand_with_their_slices(prior):
    x, brain = images(2, SIZE, 12), torch.ones(2, 1, SIZE, 12, dtype=torch.bool)
    brain[1, :, :, :6] = False  # 2 of 8 columns of the left patch are left
    cut = FramedPatches(x, brain, prior, TILING, 0.5)
    expected = torch.tensor([[1.0, 2.0], [torch.nan, 3.0]])
    torch.testing.assert_close(cut.per_patch(torch.tensor([1.0, 2.0, 3.0])), expected, equal_nan=True)
