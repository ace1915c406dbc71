import sys

import numpy as np
import pytest
import torch

from monai_blurvae.mri import image_to_kspace, kspace_file, kspace_to_image
from monai_blurvae.mri.kspace_file import fastmri_reference
from monai_blurvae.mri.kspace_header import readout_size, reconstructed_grid
from tests.mri.kspace import complex_noise

h5py = pytest.importorskip("h5py")

HEADER = """<?xml version="1.0"?>
<ismrmrdHeader xmlns="http://www.ismrm.org/ISMRMRD"><encoding>
<encodedSpace><matrixSize><x>12</x></matrixSize><fieldOfView_mm><x>440</x><y>220</y></fieldOfView_mm></encodedSpace>
<reconSpace><matrixSize><x>6</x></matrixSize><fieldOfView_mm><x>220</x><y>220</y></fieldOfView_mm></reconSpace>
</encoding></ismrmrdHeader>"""


@pytest.fixture
def stored():
    return complex_noise(3, 2, 12, 5, dtype=torch.complex64)


def write_hdf5(path, kspace, header=None):
    with h5py.File(path, "w") as file:
        file["kspace"] = kspace
        if header is not None:
            file["ismrmrd_header"] = header
    return path


@pytest.fixture
def write(tmp_path):
    """Store k-space as .npy, or as .h5 of the fastMRI layout."""

    def to(name, kspace):
        if name.endswith("npy"):
            np.save(tmp_path / name, kspace)
            return tmp_path / name
        return write_hdf5(tmp_path / name, kspace)

    return to


@pytest.mark.parametrize("name", ["slices.npy", "brain.h5"])
def test_files_come_back_slice_by_slice_as_they_were_stored(stored, write, name):
    path = write(name, stored.numpy())
    assert torch.equal(kspace_file.read_kspace(str(path)), stored)
    assert torch.equal(kspace_file.read_kspace(path, slices=[2, 0]), stored[[2, 0]])
    assert kspace_file.slice_count(path) == 3


def test_a_single_slice_and_a_single_coil_get_their_axis(stored, write):
    one = kspace_file.read_kspace(write("slice.npy", stored[0].numpy().astype(np.complex128)))
    assert one.dtype == torch.complex64
    assert torch.equal(one, stored[:1])
    assert kspace_file.slice_count(write("slice.npy", stored[0].numpy())) == 1
    assert torch.equal(kspace_file.read_kspace(write("knee.h5", stored[:, 0].numpy())), stored[:, :1])


def test_the_readouts_oversampling_is_removed_where_the_header_states_it(stored, tmp_path):
    y = kspace_file.read_kspace(write_hdf5(tmp_path / "brain.h5", image_to_kspace(stored).numpy(), HEADER))
    torch.testing.assert_close(kspace_to_image(y), stored[..., 3:9, :])


def test_missing_damaged_and_other_files_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"`path` must be a file of k-space, got .*none.npy"):
        kspace_file.read_kspace(tmp_path / "none.npy")
    for name, message in {
        "scan.dat": "`path` must end in .npy, .cfl, .h5, .hdf5 or .mrd",
        "a.npy": "`path` must be a .npy file",
        "a.h5": "`path` must be an HDF5 file",
    }.items():
        (tmp_path / name).write_bytes(b"nothing")
        with pytest.raises(ValueError, match=f"{message}, got .*{name}"):
            kspace_file.slice_count(tmp_path / name)
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["images"] = np.ones(3)
    with pytest.raises(ValueError, match=r"other.h5 must hold a data set `kspace`, got \['images'\]"):
        kspace_file.read_kspace(tmp_path / "other.h5")
    with pytest.raises(ValueError, match=r"`reconstruction_rss` or `reconstruction_esc`, got \['images'\]"):
        fastmri_reference(tmp_path / "other.h5")


@pytest.mark.parametrize("name", ["flat.npy", "flat.h5"])
def test_another_number_of_axes_is_refused(name, write):
    path = write(name, np.ones((4, 4), dtype=np.complex64))
    with pytest.raises(ValueError, match=r"\(slices, coils, H, W\).* got .*\(4, 4\)"):
        kspace_file.read_kspace(path)


@pytest.mark.parametrize(
    ("values", "match"),
    [
        (np.ones((2, 4, 4)), "must hold complex k-space, got float64"),
        (np.full((2, 4, 4), np.nan + 0j), "must hold finite k-space, got 32 values that are not"),
        (np.full((2, 4, 4), 1e300 + 0j), "must hold finite k-space, got 32 values that are not"),
        (np.zeros((2, 4, 4), dtype=complex), "must hold signal in every slice, got only zeros in 1"),
        (np.full((2, 4, 4), 1e-300 + 0j), "must hold signal in every slice, got only zeros in 1"),
        (np.full((2, 4, 4), 1e30 + 0j), r"must hold slices with a largest magnitude .* got 1e\+30"),
        (np.full((2, 4, 4), 1e-30 + 0j), "must hold slices with a largest magnitude .* got 1e-30"),
        (np.zeros((2, 0, 4, 4), dtype=complex), "must hold 1 to 134217728 samples in each slice"),
    ],
)
def test_what_is_no_kspace_is_refused_with_the_files_name(values, match, tmp_path):
    np.save(tmp_path / "bad.npy", values)
    with pytest.raises(ValueError, match=rf"bad.npy {match}"):
        kspace_file.read_kspace(tmp_path / "bad.npy")


@pytest.mark.parametrize("length", [0, 5, 50, 128, 600, 2048])
@pytest.mark.parametrize("name", ["slices.npy", "brain.h5"])
def test_a_truncated_file_is_refused_by_name(name, length, stored, write):
    path = write(name, stored.numpy())
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ValueError, match=rf"`path` must be .*, got .*{name}"):
        kspace_file.read_kspace(path)


@pytest.mark.parametrize("shape", ["(9999999,9999)", "(-3,-2,12, 5) ", "(3, 2, 12, 5", "((((((((((((("])
def test_a_npy_header_that_cannot_be_true_is_refused_by_name(shape, stored, write):
    path = write("slices.npy", stored.numpy())
    path.write_bytes(path.read_bytes().replace(b"(3, 2, 12, 5)", shape.encode().ljust(13)[:13], 1))
    with pytest.raises(ValueError, match=r"`path` must be a \.npy file, got .*slices\.npy"):
        kspace_file.read_kspace(path)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda file: file.create_group("kspace"), "must be a data set of several axes, got <HDF5 group"),
        (lambda file: file.create_dataset("kspace", data=1j), "must be a data set of several axes"),
        (lambda file: file.create_dataset("kspace", data="text"), "must be a data set of several axes"),
        (lambda file: file.create_dataset("kspace", data=h5py.Empty("c8")), "must be a data set of several"),
        (lambda file: file.create_dataset("kspace", data=np.ones((2, 4, 4))), "must hold complex k-space"),
        (lambda file: file.create_dataset("kspace", (2, 64, 99999, 99999), "c8"), "must hold 1 to 134217728"),
        (lambda file: file.update(kspace=h5py.SoftLink("/nothing")), "component not found"),
    ],
)
def test_what_is_no_data_set_of_kspace_is_refused_by_name(make, match, tmp_path):
    with h5py.File(tmp_path / "bad.h5", "w") as file:
        make(file)
    with pytest.raises(ValueError, match=rf"bad\.h5.*{match}"):
        kspace_file.read_kspace(tmp_path / "bad.h5", [0])


def test_one_slice_of_very_many_is_read_without_the_others(tmp_path):
    slice_99999 = complex_noise(2, 256, 256, dtype=torch.complex64)
    with h5py.File(tmp_path / "long.h5", "w") as file:  # 105 GB, of which one slice is stored
        kspace = file.create_dataset("kspace", (100_000, 2, 256, 256), "c8", chunks=(1, 2, 256, 256))
        kspace[99_999] = slice_99999.numpy()
    assert kspace_file.slice_count(tmp_path / "long.h5") == 100_000
    assert torch.equal(kspace_file.read_kspace(tmp_path / "long.h5", [99_999])[0], slice_99999)


@pytest.mark.parametrize("slices", [[], [3], [-1]])
def test_slices_that_the_file_does_not_have_are_refused(slices, stored, tmp_path):
    path = write_hdf5(tmp_path / "brain.h5", stored.numpy())
    with pytest.raises(ValueError, match="`slices` must name slices of the 3 in"):
        kspace_file.read_kspace(path, slices=slices)


def test_the_grid_is_the_headers(stored, tmp_path):
    header = HEADER.replace(
        "<matrixSize><x>6</x></matrixSize><fieldOfView_mm><x>220</x><y>220</y></fieldOfView_mm>",
        "<matrixSize><x>6</x><y>5</y><z>1</z></matrixSize>"
        "<fieldOfView_mm><x>220</x><y>220</y><z>4</z></fieldOfView_mm>",
    )
    grid = kspace_file.read_grid(write_hdf5(tmp_path / "brain.h5", stored.numpy(), header))
    assert grid == ((6, 5), (220 / 6, 44, 4))
    assert kspace_file.read_grid(write_hdf5(tmp_path / "bare.h5", stored.numpy())) is None
    np.save(tmp_path / "slice.npy", stored[0].numpy())
    assert kspace_file.read_grid(tmp_path / "slice.npy") is None


def test_numpy_files_need_no_h5py_and_others_say_what_they_need(stored, tmp_path, monkeypatch):
    np.save(tmp_path / "slices.npy", stored.numpy())
    path = write_hdf5(tmp_path / "brain.h5", stored.numpy())
    monkeypatch.setitem(sys.modules, "h5py", None)
    assert torch.equal(kspace_file.read_kspace(tmp_path / "slices.npy"), stored)
    assert kspace_file.slice_count(tmp_path / "slices.npy") == 3
    assert kspace_file.read_grid(tmp_path / "slices.npy") is None
    with pytest.raises(ImportError, match=r"needs `h5py`: pip install 'monai-blurvae\[mri\]'"):
        kspace_file.read_kspace(path)


def test_a_field_of_view_that_is_not_oversampled_keeps_all_rows():
    assert readout_size(HEADER.replace("440", "220"), 12) == 12
    assert readout_size(HEADER.replace("440", "110").encode(), 12) == 12


@pytest.mark.parametrize(
    ("header", "match"),
    [
        ("no xml", "in XML, got"),
        ("<a/>", r"in mm, got \[\]"),
        *(
            (HEADER.replace(f"<x>{side}</x>", f"<x>{bad}</x>"), f"in mm.* got '{bad}' in")
            for side in (220, 440)
            for bad in ("0", "-1", "nan", "inf", "1e-300", "text")
        ),
    ],
)
def test_headers_that_state_no_field_of_view_are_refused(header, match):
    with pytest.raises(ValueError, match=rf"`header` must .*{match}"):
        readout_size(header, 12)


def test_a_header_without_sizes_along_all_axes_gives_no_grid():
    assert reconstructed_grid(HEADER) is None
    assert reconstructed_grid(HEADER.replace("<x>6</x>", "<x>0</x>")) is None


@pytest.mark.parametrize("bad", ["text", "nan", "-1", "1e9"])
def test_a_size_that_cannot_be_true_is_refused_with_the_files_name(bad, stored, tmp_path):
    path = write_hdf5(tmp_path / "bad.h5", stored.numpy(), HEADER.replace("<x>6</x>", f"<x>{bad}</x>"))
    with pytest.raises(ValueError, match=rf"got .*bad\.h5: `header` must .*matrixSize .* got '{bad}'"):
        kspace_file.read_grid(path)


@pytest.mark.parametrize(
    ("image", "match"),
    [
        (3.0, "must be a data set of several axes"),
        (np.ones((3, 4)), r"must be real \(slices, H, W\)"),
        (np.full((2, 4, 3), 1j), r"must be real \(slices, H, W\), got complex128"),
        (np.full((2, 4, 3), np.nan), "must be finite, got 24 others"),
        (np.ones((2, 0, 3)), "must hold 1 to 134217728 samples"),
    ],
)
def test_a_scanners_image_of_another_kind_is_refused_by_name(image, match, tmp_path):
    with h5py.File(tmp_path / "bad.h5", "w") as file:
        file["reconstruction_rss"] = image
    with pytest.raises(ValueError, match=rf"bad\.h5 {match}"):
        fastmri_reference(tmp_path / "bad.h5")


@pytest.mark.parametrize("name", ["reconstruction_rss", "reconstruction_esc"])
def test_the_scanners_own_image_is_read(name, tmp_path):
    stored = np.random.default_rng(0).random((2, 4, 3))
    with h5py.File(tmp_path / "brain.h5", "w") as file:
        file[name] = stored
    np.testing.assert_allclose(fastmri_reference(tmp_path / "brain.h5").numpy(), stored, rtol=1e-6)
