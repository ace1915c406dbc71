import nibabel as nib
import numpy as np
import pytest

from monai_blurvae.inference import VolumeDataset, check_sliceable, volume_items


def test_a_folders_volumes_are_listed_by_name(write_volume):
    second, first = write_volume("b.nii"), write_volume("a.nii.gz")
    assert volume_items(first.parent) == [{"image": str(first)}, {"image": str(second)}]


def test_a_single_file_is_listed_alone(write_volume):
    path = write_volume()
    write_volume("another.nii")
    assert volume_items(path) == [{"image": str(path)}]


def test_a_missing_source_is_refused_by_name(tmp_path):
    with pytest.raises(
        ValueError, match=r"`dataset_dir` must be an existing folder or NIfTI file, got .*absent"
    ):
        volume_items(tmp_path / "absent")


def test_an_empty_folder_is_refused_by_name(tmp_path):
    with pytest.raises(ValueError, match=rf"`dataset_dir` must hold volumes .* none in {tmp_path}"):
        volume_items(tmp_path)


def test_a_file_of_another_format_is_refused_by_name(tmp_path):
    path = tmp_path / "picture.png"
    path.touch()
    with pytest.raises(
        ValueError, match=r"`dataset_dir` must be a folder or a .nii or .nii.gz file, got .*png"
    ):
        volume_items(path)


def test_a_whole_volume_reaches_the_transform_unchanged(write_volume):
    item = {"image": str(write_volume())}
    assert VolumeDataset([item])[0] == item
    assert VolumeDataset([item], lambda whole: whole["image"][-7:])[0] == ".nii.gz"


@pytest.mark.parametrize("shape", [(8, 9), (8, 9, 5, 2)])
def test_what_is_no_3d_volume_is_refused_by_name(write_volume, shape):
    path = write_volume(shape=shape)
    with pytest.raises(ValueError, match=r"subject\.nii\.gz"):
        VolumeDataset([{"image": str(path)}])[0]


def test_a_truncated_volume_is_refused_by_name(write_volume):
    path = write_volume()
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(ValueError, match=r"subject\.nii\.gz"):
        VolumeDataset([{"image": str(path)}])[0]


def test_a_volume_with_nan_is_refused_by_name(tmp_path):
    voxels = np.ones((4, 4, 4), dtype=np.float32)
    voxels[0, 0, 0] = np.nan
    nib.save(nib.Nifti1Image(voxels, np.eye(4)), tmp_path / "nan.nii")
    with pytest.raises(ValueError, match=r"finite values.*nan\.nii"):
        VolumeDataset([{"image": str(tmp_path / "nan.nii")}])[0]


@pytest.mark.parametrize(("channels", "dims"), [(3, 2), (1, 3)])
def test_weights_for_other_images_than_grey_slices_are_refused(channels, dims):
    check_sliceable(1, 2)
    with pytest.raises(ValueError, match=f"`ckpt_path` .* for {dims}D images of {channels} channel"):
        check_sliceable(channels, dims)
