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


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 1.0])
def test_one_flipped_bit_of_a_packed_file_is_noticed(volume_path, share):
    whole = bytearray(volume_path.read_bytes())
    whole[int(share * (len(whole) - 5))] ^= 16  # the last is in the checksum itself
    volume_path.write_bytes(whole)
    with pytest.raises(ValueError, match=r"`path` must be a whole NIfTI file, got .*sub-01_T1w"):
        read_volume(volume_path)


def test_a_subject_is_read_and_checked_when_needed(volume_path):
    subject = to_subject(volume_path)
    volume_path.write_bytes(volume_path.read_bytes()[:1000])
    with pytest.raises(ValueError, match="`path` must be a whole NIfTI file"):
        subject.image.load()


BAD = brain()
BAD[20, 20, 10] = np.nan
RANDOM = np.random.default_rng(0).random((20, 30, 5, 3), dtype=np.float32)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        *(
            (data, rf"must hold one 3D volume, got shape \({', '.join(map(str, data.shape))}\) in")
            for data in (RANDOM[..., 0, 0], RANDOM[..., :1, 0], RANDOM)
        ),
        (BAD, "must hold finite values"),
        (np.where(np.isnan(BAD), np.inf, BAD), "must hold finite values"),
        (np.zeros((8, 8, 8), np.float32), "must hold more than one value"),
        (np.full((8, 8, 8), 7, np.float32), "must hold more than one value"),
    ],
)
def test_what_is_no_3d_volume_of_finite_values_is_refused_by_name(tmp_path, data, message):
    with pytest.raises(ValueError, match=rf"`path` {message}.*bad\.nii"):
        read_volume(save(data, tmp_path / "bad.nii"))


def test_a_file_of_something_else_and_a_missing_one_are_refused_by_name(tmp_path):
    (tmp_path / "text.nii.gz").write_text("hello")
    with pytest.raises(ValueError, match=r"`path` must be a whole NIfTI file, got .*text\.nii\.gz"):
        read_volume(tmp_path / "text.nii.gz")
    with pytest.raises(ValueError, match=r"`path` must be an existing NIfTI file, got .*none\.nii"):
        read_volume(tmp_path / "none.nii")
