import errno
import re

import nibabel as nib
import numpy as np
import pytest
import torch
from monai.data import MetaTensor

from monai_blurvae.data import read_volume
from monai_blurvae.inference import SaveVolumed, VolumeDataset, check_sliceable, volume_items


def test_a_folders_volumes_are_listed_by_name(write_volume):
    second, first = write_volume("b.nii"), write_volume("a.nii.gz")
    assert volume_items(first.parent) == [{"image": str(first)}, {"image": str(second)}]


def test_the_parts_of_a_training_folder_are_listed_one_after_the_other(tmp_path):
    for name in ("train/b.nii", "train/a.nii.gz", "val/c.nii", "test/d.nii"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    listed = [item["image"][len(str(tmp_path)) + 1 :] for item in volume_items(tmp_path)]
    assert listed == ["train/a.nii.gz", "train/b.nii", "val/c.nii", "test/d.nii"]
    (tmp_path / "test" / "c.nii").touch()
    with pytest.raises(ValueError, match="`dataset_dir` must hold volumes of different names, got two of c"):
        volume_items(tmp_path)


def test_without_a_train_folder_the_volumes_beside_a_test_folder_are_listed(tmp_path):
    for name in ("a.nii", "test/b.nii"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [item["image"] for item in volume_items(tmp_path)] == [str(tmp_path / "a.nii")]
    (tmp_path / "a.nii.gz").touch()  # its reconstruction would have the same name
    with pytest.raises(ValueError, match="`dataset_dir` must hold volumes of different names, got two of a"):
        volume_items(tmp_path)


@pytest.mark.parametrize("kind", ["brain", "z-scored", "whole head"])
def test_data_that_the_model_was_not_trained_on_is_told_in_one_line(tmp_path, caplog, kind):
    voxels = np.zeros((9, 9, 9), dtype=np.float32)
    inside = {"brain": slice(2, 7), "z-scored": slice(2, 7), "whole head": slice(None)}[kind]
    part = voxels[inside, inside, inside]
    part[...] = np.random.default_rng(0).uniform(1, 2, part.shape)
    nib.save(nib.Nifti1Image(voxels - (1.5 if kind == "z-scored" else 0), np.eye(4)), tmp_path / "a.nii")
    VolumeDataset([{"image": str(tmp_path / "a.nii")}])[0]
    said = [record.getMessage() for record in caplog.records]
    wanted = {"z-scored": "it has values below 0", "whole head": "100% of its border is not 0"}.get(kind)
    if wanted is None:
        assert not said
    else:
        (line,) = said
        assert line.startswith(f"{tmp_path / 'a.nii'} is not what the model was trained on: {wanted}")


def test_a_single_file_is_listed_alone(write_volume):
    path = write_volume()
    write_volume("another.nii")
    assert volume_items(path) == [{"image": str(path)}]


def test_what_holds_no_volume_is_refused_by_name(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "picture.png").touch()
    for name, message in {
        "absent": "must be an existing folder or NIfTI file, got .*absent",
        "empty": "must hold volumes .* none in .*empty",
        "picture.png": "must be a folder or a .nii or .nii.gz file, got .*png",
    }.items():
        with pytest.raises(ValueError, match=f"`dataset_dir` {message}"):
            volume_items(tmp_path / name)


def test_the_transform_gets_the_volume_that_training_reads(write_volume):
    path = write_volume()
    image = VolumeDataset(volume_items(path))[0]["image"]
    data, affine = read_volume(path)
    assert torch.equal(image.as_tensor(), data)
    np.testing.assert_array_equal(image.affine, affine)
    assert VolumeDataset(volume_items(path), lambda item: item["image"].meta["filename_or_obj"])[0] == str(
        path
    )


def test_a_trailing_axis_of_one_is_read_as_in_training(write_volume):
    path = write_volume(shape=(8, 9, 5, 1, 1))
    assert VolumeDataset(volume_items(path))[0]["image"].shape == (1, 8, 9, 5)


def test_a_spacing_that_cannot_be_resampled_to_is_refused(write_volume):
    items = volume_items(write_volume())
    with pytest.raises(ValueError, match=r"`spacing` must be three positive sizes, .* got \(1, 1\)"):
        VolumeDataset(items, spacing=(1, 1))
    with pytest.raises(ValueError, match=r"`spacing` must give at most .* voxels, .*subject\.nii\.gz"):
        VolumeDataset(items, spacing=(1e-3, 1e-3, 1e-3))[0]


def test_what_is_no_whole_finite_3d_volume_is_refused_by_name(write_volume, tmp_path):
    paths = [
        write_volume(f"{n}.nii.gz", shape) for n, shape in enumerate([(8, 9), (8, 9, 5, 2), (20, 26, 5)])
    ]
    paths[-1].write_bytes(paths[-1].read_bytes()[:-400])
    voxels = np.ones((4, 4, 4), dtype=np.float32)
    voxels[0, 0, 0] = np.nan
    nib.save(nib.Nifti1Image(voxels, np.eye(4)), tmp_path / "nan.nii")
    for path in (*paths, tmp_path / "nan.nii"):
        with pytest.raises(ValueError, match=path.name):
            VolumeDataset([{"image": str(path)}])[0]


@pytest.mark.parametrize(("channels", "dims"), [(3, 2), (1, 3)])
def test_weights_for_other_images_than_grey_slices_are_refused(channels, dims):
    check_sliceable(1, 2)
    with pytest.raises(ValueError, match=f"`ckpt_path` .* for {dims}D images of {channels} channel"):
        check_sliceable(channels, dims)


def test_a_volume_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    save = SaveVolumed("pred", tmp_path, "made")
    image = MetaTensor(torch.rand(1, 4, 5, 6), meta={"filename_or_obj": "a.nii"})
    assert save({"pred": image})["pred"] is image
    (path,) = tmp_path.iterdir()
    assert path.name == "a_made.nii.gz"
    np.testing.assert_array_equal(nib.load(path).get_fdata(dtype=np.float32), image[0])

    def full(_, name):
        name.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    before = path.read_bytes()
    monkeypatch.setattr(nib, "save", full)
    said = (
        f"could not write {path.name} in {tmp_path}: No space left on device; what was written before is kept"
    )
    with pytest.raises(OSError, match=re.escape(said)):
        save({"pred": image})
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [before]
