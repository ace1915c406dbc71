"""ISMRMRD files, written by the package that defines them."""

from itertools import product

import numpy as np
import pytest
import torch

from monai_blurvae.mri import image_to_kspace, kspace_file, kspace_to_image
from tests.mri.kspace import complex_noise

h5py = pytest.importorskip("h5py")
ismrmrd = pytest.importorskip("ismrmrd")

SLICES, COILS, ROWS, COLUMNS = 3, 2, 12, 5
HEADER = """<?xml version="1.0"?>
<ismrmrdHeader xmlns="http://www.ismrm.org/ISMRMRD">
<experimentalConditions><H1resonanceFrequency_Hz>128000000</H1resonanceFrequency_Hz></experimentalConditions>
<encoding>
<encodedSpace><matrixSize><x>12</x><y>5</y><z>1</z></matrixSize>
<fieldOfView_mm><x>440</x><y>220</y><z>4</z></fieldOfView_mm></encodedSpace>
<reconSpace><matrixSize><x>6</x><y>5</y><z>1</z></matrixSize>
<fieldOfView_mm><x>220</x><y>220</y><z>4</z></fieldOfView_mm></reconSpace>
<encodingLimits><kspace_encoding_step_1><minimum>0</minimum><maximum>4</maximum><center>2</center>
</kspace_encoding_step_1></encodingLimits>
<trajectory>cartesian</trajectory>
<parallelImaging><accelerationFactor><kspace_encoding_step_1>2</kspace_encoding_step_1>
<kspace_encoding_step_2>1</kspace_encoding_step_2></accelerationFactor>
<calibrationMode>embedded</calibrationMode></parallelImaging>
</encoding></ismrmrdHeader>"""


@pytest.fixture
def stored():
    """K-space of images that leave nothing to the oversampling: (slices, coils, 12, 5)."""
    return image_to_kspace(complex_noise(SLICES, COILS, ROWS, COLUMNS, dtype=torch.complex64))


def readout(samples, *flags, counters=None, **head):
    """One acquisition of (coils, rows)."""
    made = ismrmrd.Acquisition.from_array(np.ascontiguousarray(samples), center_sample=ROWS // 2)
    for name, value in head.items():
        setattr(made, name, value)
    for name, value in (counters or {}).items():
        setattr(made.idx, name, value)
    for flag in flags:
        made.set_flag(getattr(ismrmrd, f"ACQ_IS_{flag}"))
    return made


def readouts(stored, step=0, **further):
    """All readouts, the columns of each slice in an order of their own."""
    order = np.random.default_rng(0).permutation(list(product(range(len(stored)), range(COLUMNS))))
    return [
        readout(
            stored[number, :, :, column].numpy(),
            counters={"slice": number, "kspace_encode_step_1": column + step},
            **further,
        )
        for number, column in order
    ]


def write(path, acquisitions, header=HEADER, name="dataset"):
    with ismrmrd.Dataset(path, name, mode="w") as file:
        file.write_xml_header(header.encode())
        for acquisition in acquisitions:
            file.append_acquisition(acquisition)
    return path


def test_readouts_are_sorted_and_their_oversampling_removed(stored, tmp_path):
    path = write(tmp_path / "scan.mrd", readouts(stored), name="scan 1")
    assert kspace_file.slice_count(path) == SLICES
    assert kspace_file.read_grid(path) == ((6, 5), (220 / 6, 44, 4))
    expected = kspace_to_image(stored)[..., 3:9, :]
    torch.testing.assert_close(kspace_to_image(kspace_file.read_kspace(path)), expected)
    torch.testing.assert_close(kspace_to_image(kspace_file.read_kspace(path, [2, 0])), expected[[2, 0]])


def test_without_oversampling_samples_are_those_of_the_file(stored, tmp_path):
    path = write(tmp_path / "scan.h5", readouts(stored), HEADER.replace("440", "220"))
    assert torch.equal(kspace_file.read_kspace(path), stored)


def test_files_of_the_packages_other_interface_are_read(stored, tmp_path):
    with ismrmrd.File(tmp_path / "scan.h5", "w") as file:
        file["dataset"].acquisitions = readouts(stored)
        file["dataset"].header = ismrmrd.xsd.CreateFromDocument(HEADER.replace("440", "220"))
    assert torch.equal(kspace_file.read_kspace(tmp_path / "scan.h5"), stored)


def test_what_was_not_sampled_is_zero_and_the_centre_is_the_headers(stored, tmp_path):
    some = [
        acquisition for acquisition in readouts(stored, step=7) if acquisition.idx.kspace_encode_step_1 != 8
    ]
    header = HEADER.replace("440", "220").replace("<center>2", "<center>9")
    y = kspace_file.read_kspace(write(tmp_path / "scan.h5", some, header))
    assert torch.equal(y, stored * torch.tensor([1, 0, 1, 1, 1]))


def test_averages_become_their_mean(stored, tmp_path):
    noise = 0.1 * complex_noise(*stored.shape, seed=5, dtype=torch.complex64)
    both = readouts(stored + noise) + readouts(stored - noise)
    path = write(tmp_path / "scan.h5", both, HEADER.replace("440", "220"))
    torch.testing.assert_close(kspace_file.read_kspace(path), stored)


@pytest.mark.parametrize("flag", ["NOISE_MEASUREMENT", "NAVIGATION_DATA", "PHASECORR_DATA", "DUMMYSCAN_DATA"])
def test_noise_and_corrections_are_left_out_whatever_their_length(flag, stored, tmp_path):
    noise = readout(np.ones((4, 7), dtype=np.complex64), flag, counters={"slice": 9})
    path = write(tmp_path / "scan.h5", [noise, *readouts(stored), noise], HEADER.replace("440", "220"))
    assert torch.equal(kspace_file.read_kspace(path), stored)


@pytest.mark.parametrize(
    ("mode", "flags", "factor"),
    [
        ("embedded", ["PARALLEL_CALIBRATION"], 2),
        ("separate", ["PARALLEL_CALIBRATION"], 1),
        ("separate", ["PARALLEL_CALIBRATION", "PARALLEL_CALIBRATION_AND_IMAGING"], 2),
    ],
)
def test_readouts_for_calibration_count_where_they_belong_to_the_image(mode, flags, factor, stored, tmp_path):
    extra = readout(3 * stored[1, :, :, 4].numpy(), *flags, counters={"slice": 1, "kspace_encode_step_1": 4})
    header = HEADER.replace("440", "220").replace("embedded", mode)
    y = kspace_file.read_kspace(write(tmp_path / "scan.h5", [*readouts(stored), extra], header))
    torch.testing.assert_close(y[1, :, :, 4], factor * stored[1, :, :, 4])


def test_samples_to_discard_are_left_out(stored, tmp_path):
    padded = torch.cat([stored[:, :, :1] * 0 + 7, stored, stored[:, :, :2] * 0 + 7], dim=2)
    some = readouts(padded, discard_pre=1, discard_post=2, center_sample=1 + ROWS // 2)
    path = write(tmp_path / "scan.h5", some, HEADER.replace("440", "220"))
    assert torch.equal(kspace_file.read_kspace(path), stored)


def test_a_centre_and_limits_that_are_not_stated_are_the_middle(stored, tmp_path):
    header = HEADER.replace("440", "220").replace("<center>2</center>", "")
    path = write(tmp_path / "scan.h5", readouts(stored, center_sample=0), header)
    assert torch.equal(kspace_file.read_kspace(path), stored)


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        (">cartesian<", ">radial<", "trajectory \"cartesian\", got 'radial'"),
        (">cartesian<", ">epi<", "got 'epi'"),
        ("<trajectory>cartesian</trajectory>", "", "got None"),
        ("<z>1</z>", "<z>8</z>", r"encoded matrix of a slice, \(x, y, 1\), got \[12.0, 5.0, 8.0\]: not 2D"),
        ("<y>5</y>", "<y>4</y>", "for 4 columns, as its header says, got columns 0 to 4"),
        ("<x>12</x>", "<x>24</x>", "readouts of 24 samples, as its header says, .* got 12"),
        ("<center>2", "<center>nan", "got 'nan' in encodingLimits"),
        ("<x>440</x>", "", "the encoded and the reconstructed field of view"),
        ("</encoding>", "", "must be an ISMRMRD header in XML"),
        (HEADER, "", "must be an ISMRMRD header in XML"),
    ],
)
def test_headers_of_other_scans_are_refused_with_the_files_name(old, new, match, stored, tmp_path):
    path = write(tmp_path / "bad.h5", readouts(stored), HEADER.replace(old, new))
    with pytest.raises(ValueError, match=rf"bad\.h5.*{match}"):
        kspace_file.read_kspace(path)


@pytest.mark.parametrize(
    ("further", "match"),
    [
        (
            {"counters": {"kspace_encode_step_2": 1}},
            "must hold one `kspace_encode_step_2`, got 2, from 0 to 1",
        ),
        ({"counters": {"contrast": 1}}, "must hold one `contrast`"),
        ({"counters": {"repetition": 3}}, "must hold one `repetition`, got 2, from 0 to 3"),
        ({"counters": {"slice": 5}}, r"must hold all slices from 0, got \[0 1 2 5\]"),
        ({"counters": {"kspace_encode_step_1": 5}}, "got columns 0 to 5"),
        ({"encoding_space_ref": 1}, r"must hold one encoding, got \[0 1\]"),
        ({"center_sample": 3}, "must hold one `center_sample`, got 2, from 3 to 6"),
        ({"samples": np.ones((3, ROWS), dtype=np.complex64)}, "must hold one `active_channels`"),
        ({"samples": np.ones((COILS, 8), dtype=np.complex64)}, "must hold one `number_of_samples`"),
        ({"flags": ["REVERSE"]}, "in one direction, got some in reverse"),
    ],
)
def test_readouts_of_other_scans_are_refused_with_the_files_name(further, match, stored, tmp_path):
    samples = further.pop("samples", stored[0, :, :, 0].numpy())
    another = readout(samples, *further.pop("flags", []), **further)
    path = write(tmp_path / "bad.h5", [*readouts(stored), another])
    with pytest.raises(ValueError, match=rf"bad\.h5.*{match}"):
        kspace_file.read_kspace(path)


def test_an_echo_that_is_not_in_the_middle_is_refused(stored, tmp_path):
    path = write(tmp_path / "bad.h5", readouts(stored, center_sample=3))
    with pytest.raises(ValueError, match="zero frequency in the middle, got 12 with the centre at 3"):
        kspace_file.slice_count(path)


def test_a_file_of_noise_only_is_refused(tmp_path):
    path = write(tmp_path / "bad.h5", [readout(np.ones((2, ROWS), dtype=np.complex64), "NOISE_MEASUREMENT")])
    with pytest.raises(ValueError, match="must hold readouts of an image, got only noise and corrections"):
        kspace_file.slice_count(path)


HEAD = np.dtype([("flags", "<u8"), ("more", "V340")])


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda group: group.create_dataset("data", data=np.ones(3)), "must be ISMRMRD's acquisitions"),
        (lambda group: group.create_group("data"), "must be ISMRMRD's acquisitions"),
        (
            lambda group: group.create_dataset("data", (2**40,), np.dtype([("head", HEAD)]), chunks=(64,)),
            "536870912 bytes of headers at most",
        ),
        (
            lambda group: group.create_dataset("data", (3,), np.dtype([("head", HEAD)])),
            "no field of name idx",
        ),
    ],
)
def test_what_is_no_list_of_acquisitions_is_refused_before_it_is_read(make, match, tmp_path):
    with h5py.File(tmp_path / "bad.h5", "w") as file:
        group = file.create_group("dataset")
        group.create_dataset("xml", (1,), h5py.special_dtype(vlen=bytes))[0] = HEADER
        make(group)
    with pytest.raises(ValueError, match=rf"bad\.h5.*{match}"):
        kspace_file.slice_count(tmp_path / "bad.h5")


def test_a_header_of_many_texts_is_refused(tmp_path):
    with h5py.File(tmp_path / "bad.h5", "w") as file:
        file.create_dataset("dataset/xml", (2**40,), h5py.special_dtype(vlen=bytes), chunks=(64,))
        file["dataset/data"] = np.ones(3)
    with pytest.raises(ValueError, match=r"`xml` of .*bad\.h5 must be one ISMRMRD header, got"):
        kspace_file.slice_count(tmp_path / "bad.h5")


def test_a_matrix_too_large_is_refused_before_memory_is_taken(tmp_path):
    huge = readout(np.ones((200, ROWS), dtype=np.complex64))
    path = write(tmp_path / "bad.h5", [huge], HEADER.replace("<y>5</y>", "<y>99999</y>", 1))
    with pytest.raises(ValueError, match="must hold 1 to 134217728 samples in each slice"):
        kspace_file.slice_count(path)


@pytest.mark.parametrize("length", [600, 2048, 6000])
def test_a_truncated_file_is_refused_by_name(length, stored, tmp_path):
    path = write(tmp_path / "scan.h5", readouts(stored))
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ValueError, match=r"`path` must be .*, got .*scan\.h5"):
        kspace_file.read_kspace(path)
