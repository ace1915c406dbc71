import nibabel as nib
import numpy as np
import pytest

from monai_blurvae.data import read_volume, to_subject
from tests.data.conftest import RAS, brain, save


def test_a_volume_is_what_nibabel_reads(volume_path):
    data, affine = read_volume(volume_path)
    image = nib.load(volume_path)
    np.testing.assert_array_equal(data[0], image.get_fdata(dtype=np.float32))
    np.testing.assert_allclose(affine, image.affine)


def test_a_trailing_axis_of_one_is_no_fourth_dimension(tmp_path):
    data, _ = read_volume(save(brain()[..., None], tmp_path / "a.nii"))
    np.testing.assert_array_equal(data[0], brain())


def test_a_slope_in_the_header_is_applied(tmp_path):
    image = nib.Nifti1Image((np.arange(4 * 4 * 4) % 100).reshape(4, 4, 4).astype(np.uint8), RAS)
    image.header.set_slope_inter(2.5, 0)
    image.to_filename(tmp_path / "a.nii.gz")
    assert read_volume(tmp_path / "a.nii.gz")[0].max() == 63 * 2.5


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_a_truncated_file_is_refused_by_name(tmp_path, suffix, share):
    path = save(brain(), tmp_path / f"short{suffix}")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ValueError, match=f"`path` must be a whole NIfTI file, got .*short{suffix}"):
        read_volume(path)


def test_a_file_of_something_else_is_refused_by_name(tmp_path):
    (tmp_path / "text.nii.gz").write_text("hello")
    with pytest.raises(ValueError, match=r"`path` must be a whole NIfTI file, got .*text\.nii\.gz"):
        read_volume(tmp_path / "text.nii.gz")


@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 1), (20, 30, 5, 3)])
def test_anything_but_one_3d_volume_is_refused_with_its_shape(tmp_path, shape):
    path = save(np.random.default_rng(0).random(shape, dtype=np.float32), tmp_path / "flat.nii.gz")
    with pytest.raises(
        ValueError, match=r"`path` must hold one 3D volume, got shape \(20, 30.*flat\.nii\.gz"
    ):
        read_volume(path)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_value_that_is_not_finite_is_refused_by_name(tmp_path, bad):
    data = brain()
    data[20, 20, 10] = bad
    with pytest.raises(ValueError, match=r"`path` must hold finite values.*bad\.nii"):
        read_volume(save(data, tmp_path / "bad.nii"))


@pytest.mark.parametrize("value", [0, 7])
def test_a_constant_volume_is_refused_by_name(tmp_path, value):
    with pytest.raises(ValueError, match=r"`path` must hold more than one value.*same\.nii"):
        read_volume(save(np.full((8, 8, 8), value, dtype=np.float32), tmp_path / "same.nii"))


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(ValueError, match=r"`path` must be an existing NIfTI file, got .*none\.nii"):
        read_volume(tmp_path / "none.nii")


def test_a_subject_is_read_and_checked_when_needed(volume_path):
    subject = to_subject(volume_path)
    volume_path.write_bytes(volume_path.read_bytes()[:1000])
    with pytest.raises(ValueError, match="`path` must be a whole NIfTI file"):
        subject.image.load()
