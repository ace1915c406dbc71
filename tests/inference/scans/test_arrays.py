import numpy as np
import pytest
import torch

from monai_blurvae.inference.scans.arrays import of_slice, read_array


@pytest.mark.parametrize(("stored", "read"), [("complex128", torch.complex64), ("int16", torch.float32)])
def test_arrays_are_read_in_single_precision(tmp_path, stored, read):
    np.save(tmp_path / "a.npy", np.arange(6).reshape(2, 3).astype(stored))
    values = read_array(tmp_path / "a.npy", "mask", "0 and 1")
    assert values.dtype == read
    assert torch.equal(values.real, torch.arange(6.0).view(2, 3))


def test_missing_and_damaged_files_say_what_belongs_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"`mask` must be a .npy file of 0 and 1, got .*none.npy"):
        read_array(tmp_path / "none.npy", "mask", "0 and 1")
    (tmp_path / "bad.npy").write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"`mask` must be a .npy file of 0 and 1, got .*bad.npy"):
        read_array(tmp_path / "bad.npy", "mask", "0 and 1")
    np.save(tmp_path / "nan.npy", np.array([1, np.nan]))
    with pytest.raises(ValueError, match=r"`mask` must hold finite numbers, got 1 in .*nan.npy"):
        read_array(tmp_path / "nan.npy", "mask", "0 and 1")


def test_one_serves_all_slices_and_several_have_to_be_as_many():
    values = torch.arange(3.0)[:, None]
    assert of_slice(values[:1], 2, 3, "mask") == 0
    assert of_slice(values, 2, 3, "mask") == 2
    with pytest.raises(ValueError, match="`mask` must hold the 4 slices of `kspace`, or one for all, got 3"):
        of_slice(values, 2, 4, "mask")
