import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import sliding_window_view

from monai_blurvae.data import PatchDataset, VolumeCache, dequantize
from monai_blurvae.data.volumes.patches import brain_counts, eligible_box


def textured(seed: int, shape=(6, 24, 20)) -> np.ndarray:
    """A volume in which every voxel of the brain is random, so that every patch is unique."""
    volume = np.random.default_rng(seed).integers(1, 256, shape, dtype=np.uint8)
    volume[:, :7] = 0
    return volume


VOLUMES = [textured(0), textured(1, (5, 30, 18))]


def windows(volume: np.ndarray, size) -> set[bytes]:
    views = sliding_window_view(volume, (1,) * (3 - len(size)) + tuple(size))
    return {dequantize(torch.from_numpy(w.copy())).numpy().tobytes() for w in views.reshape(-1, *size)}


@pytest.mark.parametrize("size", [(8, 6), (3, 8, 6)])
def test_patches_are_pieces_of_the_volumes_in_minus_one_to_one(size):
    image = PatchDataset(VOLUMES, 16, size)[0, 0]["image"]
    pieces = windows(VOLUMES[0], size) | windows(VOLUMES[1], size)
    assert image.shape == (16, 1, *size)
    assert image.dtype == torch.float32
    assert all(patch.numpy().tobytes() in pieces for patch in image)


@pytest.mark.parametrize("min_brain", [0.25, 0.5, 1.0])
def test_every_patch_has_its_share_of_brain(min_brain):
    image = PatchDataset(VOLUMES, 200, (8, 8), min_brain)[0, 0]["image"]
    shares = (image > -1).float().mean(dim=(1, 2, 3))
    assert shares.min() >= min_brain
    assert min_brain == 1 or shares.min() < min_brain + 0.2  # and no more than asked for


def test_patches_are_uniform_over_the_eligible_ones_of_a_volume():
    volume = textured(0, (3, 12, 10))
    size = (1, 6, 6)
    views = sliding_window_view(volume, size)
    eligible = np.argwhere((views != 0).sum(axis=(-1, -2, -3)) >= 18)
    seen = dict.fromkeys((views[tuple(corner)].tobytes() for corner in eligible), 0)
    draws = 200 * len(seen)
    for patch in PatchDataset([volume], draws, (6, 6))[0, 0]["image"]:
        seen[((patch + 1) * 127.5).round().to(torch.uint8).numpy().tobytes()] += 1
    counts = np.array(list(seen.values()))
    chi_squared = ((counts - 200) ** 2 / 200).sum()
    freedom = len(seen) - 1
    assert abs(chi_squared - freedom) < 4 * np.sqrt(2 * freedom)  # mean n, variance 2 n


def test_volumes_are_equally_likely_whatever_their_size():
    small, large = np.full((1, 8, 8), 60, np.uint8), np.full((50, 40, 40), 250, np.uint8)
    image = PatchDataset([small, large], 4000, (8, 8))[0, 0]["image"]
    share = (image[:, 0, 0, 0] < 0).float().mean().item()
    assert share == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(4000))  # four standard errors


def test_a_volume_without_an_eligible_patch_is_named(paths, preprocessing, tmp_path):
    with pytest.raises(ValueError, match=r"`data\[1\]` of shape \(3, 20, 20\)"):
        PatchDataset([VOLUMES[0], np.zeros((3, 20, 20), np.uint8)], 4, (8, 8))
    with pytest.raises(ValueError, match=r"must leave a patch in every volume, got .*sub-00_T1w\.nii\.gz"):
        PatchDataset(VolumeCache(paths, preprocessing, tmp_path), 4, (64, 64))


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("batch_size", 0),
        ("patch_size", (8,)),
        ("patch_size", (0, 8)),
        ("min_brain", 1.5),
        ("seed", -1),
        ("data", []),
    ],
)
def test_settings_out_of_range_are_refused(argument, value):
    with pytest.raises(ValueError, match=f"`{argument}` must"):
        PatchDataset(**{"data": VOLUMES, "patch_size": (8, 8), argument: value})


VOLUME = (np.random.default_rng(0).random((7, 11, 9)) > 0.6).astype(np.uint8) * 200


@pytest.mark.parametrize("size", [(1, 4, 4), (3, 4, 5), (1, 1, 1), (7, 11, 9)])
def test_counts_are_those_of_every_window(size):
    windows = sliding_window_view(VOLUME != 0, size)
    np.testing.assert_array_equal(brain_counts(VOLUME, size), windows.sum(axis=(-1, -2, -3)))


def test_the_box_holds_every_eligible_corner_and_no_more():
    size, least = (1, 4, 4), 9
    corners = np.argwhere(sliding_window_view(VOLUME != 0, size).sum(axis=(-1, -2, -3)) >= least)
    low, lengths = eligible_box(VOLUME, size, least)
    np.testing.assert_array_equal(low, corners.min(axis=0))
    np.testing.assert_array_equal(low + lengths - 1, corners.max(axis=0))


@pytest.mark.parametrize(("size", "least"), [((1, 4, 4), 17), ((1, 12, 4), 0), ((8, 1, 1), 0)])
def test_there_is_no_box_without_an_eligible_patch(size, least):
    assert eligible_box(VOLUME, size, least) is None
