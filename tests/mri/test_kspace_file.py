import sys

import numpy as np
import pytest
import torch

from monai_blurvae.mri import image_to_kspace, kspace_file, kspace_to_image
from monai_blurvae.mri.kspace_file import _readout_size, _reconstructed_grid, fastmri_reference
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
        "scan.dat": "`path` must end in .npy, .h5 or .hdf5",
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
        (np.zeros((2, 4, 4), dtype=complex), "must hold signal in every slice, got only zeros in 1"),
    ],
)
def test_what_is_no_kspace_is_refused_with_the_files_name(values, match, tmp_path):
    np.save(tmp_path / "bad.npy", values)
    with pytest.raises(ValueError, match=rf"bad.npy {match}"):
        kspace_file.read_kspace(tmp_path / "bad.npy")


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
    assert _readout_size(HEADER.replace("440", "220"), 12) == 12
    assert _readout_size(HEADER.replace("440", "110").encode(), 12) == 12


@pytest.mark.parametrize(
    ("header", "match"),
    [
        ("no xml", "in XML, got"),
        ("<a/>", r"in mm, got \[\]"),
        (HEADER.replace("<x>220</x>", "<x>0</x>"), "in mm"),
    ],
)
def test_headers_that_state_no_field_of_view_are_refused(header, match):
    with pytest.raises(ValueError, match=rf"`header` must .*{match}"):
        _readout_size(header, 12)


def test_a_header_without_sizes_along_all_axes_gives_no_grid():
    assert _reconstructed_grid(HEADER) is None


@pytest.mark.parametrize("name", ["reconstruction_rss", "reconstruction_esc"])
def test_the_scanners_own_image_is_read(name, tmp_path):
    stored = np.random.default_rng(0).random((2, 4, 3))
    with h5py.File(tmp_path / "brain.h5", "w") as file:
        file[name] = stored
    np.testing.assert_allclose(fastmri_reference(tmp_path / "brain.h5").numpy(), stored, rtol=1e-6)
