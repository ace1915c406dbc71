import nibabel as nib
import numpy as np
import pytest
import torch
import torchio as tio

from monai_blurvae.data import Preprocessing, to_subject
from tests.data.conftest import PATCH, RAS, SHAPE, brain, save


def test_rows_run_to_posterior_columns_to_left_and_slices_to_superior(tmp_path):
    data = brain()
    subject = Preprocessing(min_size=PATCH, margin=100).geometry(to_subject(save(data, tmp_path / "a.nii")))
    # voxels are stored (right, anterior, superior): flip the first two, swap them
    np.testing.assert_array_equal(subject.image.data[0], data[::-1, ::-1].transpose(1, 0, 2))


@pytest.mark.parametrize("codes", ["LAS", "PIR", "SLA"])
def test_the_orientation_on_disk_makes_no_difference(tmp_path, codes, preprocessing):
    image = nib.Nifti1Image(brain(), RAS)
    turn = nib.orientations.ornt_transform(nib.io_orientation(RAS), nib.orientations.axcodes2ornt(codes))
    image.to_filename(tmp_path / "ras.nii")
    image.as_reoriented(turn).to_filename(tmp_path / "turned.nii")
    ours, theirs = (preprocessing(to_subject(tmp_path / f"{name}.nii")).image for name in ("ras", "turned"))
    torch.testing.assert_close(ours.data, theirs.data)
    np.testing.assert_allclose(ours.affine, theirs.affine)


def test_intensities_are_scaled_by_the_percentile_of_the_brain(volume_path, preprocessing):
    x = preprocessing(to_subject(volume_path)).image.data
    v = preprocessing.geometry(to_subject(volume_path)).image.data
    p = np.percentile(v[v != 0], 99.5)
    torch.testing.assert_close(x, (2 * v / p - 1).clamp(-1, 1).float(), atol=1e-6, rtol=0)
    assert ((x == -1) == (v == 0)).all()
    assert x.dtype == torch.float32


def test_the_crop_keeps_the_brain_and_the_margin(volume_path):
    volume = Preprocessing(min_size=PATCH, margin=2).geometry(to_subject(volume_path)).image.data[0]
    brain_only = Preprocessing(min_size=PATCH, margin=0).geometry(to_subject(volume_path)).image.data[0]
    inside = brain() != 0
    sizes = [np.ptp(np.nonzero(inside)[axis]) + 1 for axis in (1, 0, 2)]
    assert list(brain_only.shape) == sizes
    assert list(volume.shape) == [size + 4 for size in sizes]
    torch.testing.assert_close(volume[2:-2, 2:-2, 2:-2], brain_only)


@pytest.mark.parametrize("corner", [0, 24, 32])
def test_the_crop_never_goes_below_the_patch_wherever_the_brain_lies(tmp_path, corner):
    data = np.zeros((40, 40, 40), dtype=np.float32)
    data[corner : corner + 8, corner : corner + 8, 10:14] = np.arange(1, 9)[:, None, None]
    subject = to_subject(save(data, tmp_path / "small.nii"))
    volume = Preprocessing(min_size=(6, 20, 24), margin=0).geometry(subject).image.data[0]
    assert volume.shape == (20, 24, 6)  # TorchIO's order: rows, columns, slices
    assert volume.sum() == data.sum()


def test_spacing_is_in_millimetres_of_rows_columns_and_slices(tmp_path):
    affine = np.diag([2.0, 1.0, 0.5, 1.0])  # right 2 mm, anterior 1 mm, superior 0.5 mm
    subject = to_subject(save(brain(), tmp_path / "a.nii", affine))
    image = Preprocessing(spacing=[1, 2, 1], min_size=(4, 4), margin=100).geometry(subject).image
    assert image.spacing == pytest.approx((1, 2, 1))
    assert image.spatial_shape == (SHAPE[1], SHAPE[0], SHAPE[2] // 2)


def test_the_affine_brings_a_result_back_onto_the_grid_on_disk(volume_path, preprocessing):
    back = tio.Resample(volume_path)(preprocessing.geometry(to_subject(volume_path)))
    np.testing.assert_allclose(back.image.data[0], brain(), rtol=1e-4, atol=1e-2)
    np.testing.assert_allclose(back.image.affine, nib.load(volume_path).affine)


def test_a_volume_smaller_than_the_patch_is_refused_by_name(volume_path):
    with pytest.raises(ValueError, match=r"`min_size` .*must fit .*\(64, 64, 1\).*sub-01_T1w"):
        Preprocessing(min_size=(64, 64))(to_subject(volume_path))


def test_a_volume_of_negative_brain_is_refused_by_name(tmp_path, preprocessing):
    with pytest.raises(ValueError, match=r"positive brain percentile.*minus\.nii"):
        preprocessing(to_subject(save(-brain(), tmp_path / "minus.nii")))


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *(("spacing", value) for value in [(1, 0, 1), (1, 1), (1, 1, np.nan), 1.0, "111"]),
        *(("min_size", value) for value in [(64,), (64.5, 64), 64]),
        *(("margin", value) for value in [-1, 1.5]),
        *(("orientation", value) for value in ["XYZ", "RA", "RAA", None]),
        *(("percentile", value) for value in [0, 101, np.nan]),
    ],
)
def test_settings_out_of_range_are_refused(argument, value):
    with pytest.raises(ValueError, match=f"`{argument}` must .* got "):
        Preprocessing(**{argument: value})


def test_a_spacing_that_would_fill_the_memory_is_refused_by_name(volume_path):
    with pytest.raises(ValueError, match=r"`spacing` must give at most 268435456 voxels, got .*sub-01_T1w"):
        Preprocessing(spacing=(0.02, 0.02, 0.02), min_size=(4, 4))(to_subject(volume_path))
