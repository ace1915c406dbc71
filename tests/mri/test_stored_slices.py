"""BART's files, written as BART writes them: by columns, sizes in a text beside them."""

import numpy as np
import pytest
import torch

from monai_blurvae.mri import kspace_file
from tests.mri.kspace import complex_noise


@pytest.fixture
def stored():
    return complex_noise(3, 2, 12, 5, dtype=torch.complex64)


def write_cfl(path, values, sizes, header="# Dimensions\n{}\n# Command\nphantom -k full \n# Creator\nBART\n"):
    """Store values, their last axis the fastest."""
    path.write_bytes(np.ascontiguousarray(values, dtype="<c8").tobytes())
    path.with_suffix(".hdr").write_text(header.format(" ".join(map(str, sizes))), encoding="utf-8")
    return path


SIXTEEN = [12, 5, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 1, 1]


@pytest.mark.parametrize(
    "sizes", [SIXTEEN, SIXTEEN[:14], [1, 12, 5, *SIXTEEN[3:]], [12, 1, 5, *SIXTEEN[3:]]], ids=str
)
def test_slices_come_back_whichever_two_axes_are_the_plane(sizes, stored, tmp_path):
    path = write_cfl(tmp_path / "scan.cfl", stored.transpose(2, 3), sizes)  # rows are the fastest
    assert torch.equal(kspace_file.read_kspace(path), stored)
    assert torch.equal(kspace_file.read_kspace(path, [2, 0]), stored[[2, 0]])
    assert kspace_file.slice_count(path) == 3
    assert kspace_file.read_grid(path) is None


def test_a_slice_of_one_coil_needs_two_sizes(stored, tmp_path):
    path = write_cfl(tmp_path / "scan.cfl", stored[0, 0].T, [12, 5])
    assert torch.equal(kspace_file.read_kspace(path), stored[:1, :1])


@pytest.mark.parametrize(
    ("sizes", "match"),
    [
        ([12, 5, 2, 3], "two of the axes 0, 1, 2 larger than 1"),
        ([12, 1, 1, 30], "two of the axes 0, 1, 2 larger than 1"),
        ([12, 5, 1, 2, 3], r"besides only 3 \(coils\) and 13 \(slices\), got \[12, 5, 1, 2, 3, 1"),
        ([12, 5, 1, 3], "must hold 12 x 5 x 3 x 1 samples of 8 bytes, as its .hdr file says, got 2880 bytes"),
        ([99999, 99999, 1, 6], "must hold 1 to 134217728 samples in each slice"),
        ([12, 5, 1, 0], "must state sizes of at least 1, got"),
        ([12, -5], 'must begin with a line "# Dimensions" and one of up to 16 sizes'),
        ([12, 5.0], "one of up to 16 sizes"),
        ([12, "²"], "one of up to 16 sizes"),
        ([12, "5" * 5000], "one of up to 16 sizes"),
        ([1] * 17, "one of up to 16 sizes"),
        ([], "one of up to 16 sizes"),
    ],
)
def test_sizes_that_are_no_slices_are_refused_by_name(sizes, match, stored, tmp_path):
    path = write_cfl(tmp_path / "bad.cfl", stored, sizes)
    with pytest.raises(ValueError, match=rf"bad\.(cfl|hdr) .*{match}"):
        kspace_file.read_kspace(path, [0])


@pytest.mark.parametrize("header", ["", "# Command\n12 5 1 2\n", "12 5 1 2\n", "\0\0\0", "# Dimensions"])
def test_another_text_beside_it_is_refused(header, stored, tmp_path):
    path = write_cfl(tmp_path / "bad.cfl", stored, SIXTEEN, header)
    with pytest.raises(ValueError, match=r"bad\.hdr must begin with a line \"# Dimensions\""):
        kspace_file.slice_count(path)


def test_a_truncated_file_and_a_missing_header_are_refused(stored, tmp_path):
    path = write_cfl(tmp_path / "scan.cfl", stored, SIXTEEN)
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(ValueError, match=r"scan\.cfl must hold 12 x 5 x 2 x 3 samples .* got 2872 bytes"):
        kspace_file.slice_count(path)
    path.with_suffix(".hdr").unlink()
    with pytest.raises(FileNotFoundError, match=r"beside its \.hdr file, got no .*scan\.hdr"):
        kspace_file.slice_count(path)


def test_values_are_checked_as_those_of_other_files(stored, tmp_path):
    path = write_cfl(tmp_path / "bad.cfl", stored * torch.nan, SIXTEEN)
    with pytest.raises(ValueError, match=r"bad\.cfl must hold finite k-space, got 360 values"):
        kspace_file.read_kspace(path)
