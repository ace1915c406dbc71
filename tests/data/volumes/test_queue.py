import numpy as np
import pytest
import torch

from monai_blurvae.data import VolumeCache, make_queue_loader, make_subjects_dataset
from tests.data.conftest import PATCH


def loader(paths, preprocessing, patch_size=PATCH, min_brain=0.5):
    dataset = make_subjects_dataset(paths, preprocessing)
    return make_queue_loader(dataset, 5, 4, patch_size, min_brain, samples_per_volume=6)


@pytest.mark.parametrize("patch_size", [PATCH, (4, 12, 16)])
def test_batches_are_like_those_of_the_cache(paths, preprocessing, patch_size):
    batches = [batch["image"] for batch in loader(paths, preprocessing, patch_size)]
    assert [batch.shape for batch in batches] == [(4, 1, *patch_size)] * 5
    image = torch.cat(batches)
    assert image.dtype == torch.float32
    assert image.min() == -1
    assert image.max() <= 1
    assert (image > -1).float().flatten(1).mean(dim=1).min() >= 0.5


def test_patches_are_pieces_of_the_cached_volumes(paths, preprocessing, tmp_path):
    cache = VolumeCache(paths, preprocessing, tmp_path)
    levels = ((next(iter(loader(paths, preprocessing)))["image"][0, 0] + 1) * 127.5).numpy()
    views = [np.lib.stride_tricks.sliding_window_view(volume, (1, *PATCH)) for volume in cache]
    nearest = min(np.abs(view[..., 0, :, :] - levels).max(axis=(-1, -2)).min() for view in views)
    assert nearest <= 0.5 + 1e-3  # half a level: the cache's rounding alone


def test_seeds_give_the_same_batches(paths, preprocessing):
    runs = []
    for _ in range(2):
        torch.manual_seed(0)
        batches = loader(paths, preprocessing)
        batches.sampler.set_epoch(3)  # as on the cached loader
        runs.append(torch.cat([batch["image"] for batch in batches]))
    assert torch.equal(*runs)


def test_too_little_brain_everywhere_is_refused_by_name(paths, preprocessing):
    with pytest.raises(ValueError, match=r"`min_brain` must leave a patch .*sub-0\d_T1w"):
        next(iter(loader(paths, preprocessing, (32, 32), min_brain=1)))
