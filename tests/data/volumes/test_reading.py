import gzip
import struct

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


@pytest.mark.parametrize("kind", [np.complex64, [("R", "u1"), ("G", "u1"), ("B", "u1")]])
def test_complex_and_coloured_volumes_are_refused_by_name(tmp_path, kind):
    path = save(np.ones((4, 4, 4), kind), tmp_path / "bad.nii")
    with pytest.raises(ValueError, match=r"`path` must hold real numbers, got .*bad\.nii"):
        read_volume(path)


DIM, DATATYPE, VOX_OFFSET, SCALING, FORMS, QUATERNION, SFORM = 40, 70, 108, 112, 252, 256, 280
"""Where fields of a NIfTI header begin, in bytes."""


@pytest.mark.parametrize(
    ("start", "form", "values", "message"),
    [
        (DIM, "4h", (3, 0, 24, 20), "must hold one 3D volume, got shape"),
        (DIM, "4h", (3, -32, 24, 20), "must hold one 3D volume, got shape"),
        (DIM, "h", (9,), "must be a whole NIfTI file"),
        (DIM, "4h", (3, 32000, 32000, 32000), "must hold at most 268435456 voxels, got shape"),
        (DIM, "4h", (3, 500, 500, 500), "must be .* claims 500000000 bytes"),
        (DATATYPE, "h", (12345,), "must be a whole NIfTI file"),
        (DATATYPE, "h", (1,), "must be a whole NIfTI file"),
        (VOX_OFFSET, "f", (np.nan,), "must be a whole NIfTI file"),
        (VOX_OFFSET, "f", (np.inf,), "must be a whole NIfTI file"),
        (VOX_OFFSET, "f", (-100,), "must be a whole NIfTI file"),
        (VOX_OFFSET, "f", (1e9,), "must be a whole NIfTI file"),
        (SCALING, "2f", (1, np.inf), "must be a whole NIfTI file"),
        (SCALING, "f", (np.inf,), "must be a whole NIfTI file, got .*its slope is inf"),
        (SCALING, "2f", (3e38, 3e38), "must hold finite values"),
        (FORMS, "2h3f", (1, 0, 3, 3, 3), "must be a whole NIfTI file"),
        *(
            (SFORM, f"{len(values)}f", values, "must have a finite affine of independent axes")
            for values in [
                (np.nan, 0, 0, 0),
                (0, 0, 0, 0),
                (1e6, 0, 0, 0),
                (1e-6, 0, 0, 0),
                (1, 0, 0, np.inf),
                (1, 0, 0, 1e30),
                (1, 0, 0, 0, 1, 1e-3, 0, 0),
            ]
        ),
    ],
)
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_a_header_that_cannot_be_true_is_refused_by_name(tmp_path, suffix, start, form, values, message):
    plain = save(brain(), tmp_path / "plain.nii", np.eye(4))
    content = bytearray(plain.read_bytes())
    struct.pack_into(f"<{form}", content, start, *values)
    path = tmp_path / f"bad{suffix}"
    path.write_bytes(gzip.compress(content) if suffix == ".nii.gz" else content)
    with pytest.raises(ValueError, match=f"`path` {message}") as error:
        read_volume(path)
    assert str(path) in str(error.value)


def test_a_packed_file_is_unpacked_no_further_than_its_header_says(tmp_path):
    content = save(brain(), tmp_path / "plain.nii").read_bytes()
    path = tmp_path / "bomb.nii.gz"
    path.write_bytes(gzip.compress(content + bytes(2**19)))
    np.testing.assert_array_equal(read_volume(path)[0][0], brain())  # what some programs write after it
    path.write_bytes(gzip.compress(content + bytes(2**23))[:-4])  # whose end would be noticed
    rule = rf"it must unpack to at most {len(content) + 2**20} bytes, and unpacks to more"
    with pytest.raises(ValueError, match=rf"`path` must be a whole NIfTI file, got .*bomb\.nii\.gz \({rule}"):
        read_volume(path)


@pytest.mark.parametrize(
    ("start", "form", "values", "message"),
    [
        (DIM, "5h", (4, 32, 24, 20, 2), "must hold one 3D volume, got shape"),
        (DIM, "4h", (3, 32000, 32000, 32000), "must hold at most 268435456 voxels, got shape"),
        (VOX_OFFSET, "f", (2**25,), "must be a whole .* with at most 16777216 bytes before its voxels"),
    ],
)
def test_a_header_is_checked_before_more_is_unpacked(tmp_path, start, form, values, message):
    content = bytearray(save(brain(), tmp_path / "plain.nii").read_bytes())
    struct.pack_into(f"<{form}", content, start, *values)
    path = tmp_path / "bad.nii.gz"
    path.write_bytes(gzip.compress(content)[:-4])  # whose end would be noticed
    with pytest.raises(ValueError, match=f"`path` {message}"):
        read_volume(path)


def test_a_file_of_something_else_and_a_missing_one_are_refused_by_name(tmp_path):
    (tmp_path / "text.nii.gz").write_text("hello")
    with pytest.raises(ValueError, match=r"`path` must be a whole NIfTI file, got .*text\.nii\.gz"):
        read_volume(tmp_path / "text.nii.gz")
    with pytest.raises(ValueError, match=r"`path` must be an existing NIfTI file, got .*none\.nii"):
        read_volume(tmp_path / "none.nii")
