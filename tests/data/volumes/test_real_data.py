"""The whole way on real volumes, from the folder that MONAI_BLURVAE_TEST_DATA names (train/ and test/)."""

import os
from pathlib import Path

import numpy as np
import pytest

from monai_blurvae.data import PatchDataset, VolumeCache, find_subjects, make_patch_loader

FOLDER = os.environ.get("MONAI_BLURVAE_TEST_DATA")
pytestmark = pytest.mark.skipif(not FOLDER, reason="MONAI_BLURVAE_TEST_DATA names no folder of real volumes")


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> VolumeCache:
    return VolumeCache(find_subjects(Path(FOLDER)).train[:4], cache_dir=tmp_path_factory.mktemp("cache"))


def test_brains_are_upright_and_left_right_symmetric(cache):
    for volume in cache:
        brain = volume != 0
        axial = brain.sum(axis=(1, 2))
        # the widest slices lie above the middle: cerebrum above, cerebellum and brain stem below
        assert (axial * np.arange(len(axial))).sum() / axial.sum() > (len(axial) - 1) / 2
        widest = volume[int(axial.argmax())].astype(float)
        across = np.corrcoef(widest.ravel(), widest[:, ::-1].ravel())[0, 1]
        along = np.corrcoef(widest.ravel(), widest[::-1].ravel())[0, 1]
        assert across > along  # a brain mirrors left to right, not front to back


def test_subjects_share_one_scale(cache):
    medians = [np.median(volume[volume != 0]) for volume in cache]
    assert max(medians) - min(medians) < 0.2 * 255
    for volume in cache:
        assert (volume[volume != 0] == 255).mean() == pytest.approx(0.005, abs=0.004)  # the top half percent


def test_patches_come_from_every_level_with_half_of_them_brain(cache):
    images = [batch["image"] for batch in make_patch_loader(PatchDataset(cache), 4)]
    for image in images:
        assert image.shape == (32, 1, 64, 64)
        assert (image > -1).float().mean(dim=(1, 2, 3)).min() >= 0.5
        assert 0.1 < image.std() < 1
