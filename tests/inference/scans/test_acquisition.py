import numpy as np
import pytest
import torch

from monai_blurvae.inference import Acquisitions
from tests.inference.scans.scan import kspace


@pytest.fixture
def path(tmp_path):
    np.save(tmp_path / "kspace.npy", torch.cat([kspace(2) * (1 + n) for n in range(5)]).numpy())
    return tmp_path / "kspace.npy"


def test_slices_come_one_by_one_with_their_numbers(path):
    found = list(Acquisitions(path, [1, 3]))
    assert [(one.number, one.count) for one in found] == [(1, 5), (3, 5)]
    for one in found:
        assert torch.equal(one.kspace, kspace(2) * (1 + one.number))
        assert bool(one.mask.all())


@pytest.mark.parametrize(("slices", "numbers"), [(None, [0, 1, 2, 3, 4]), (2, [2]), ([0, 2, 4], [0, 2, 4])])
def test_slices_are_all_or_those_that_are_named(path, slices, numbers):
    acquisitions = Acquisitions(path, slices)
    assert acquisitions.numbers == numbers
    assert len(acquisitions) == len(numbers)


def test_steps_prepare_each_slice_once_and_in_order(path):
    calls = []

    def note(name):
        return lambda acquisition: calls.append((name, acquisition.number)) or acquisition

    acquisitions = Acquisitions(path, [0, 1], [note("a"), note("b")])
    assert acquisitions.first().number == 0
    assert len(list(acquisitions)) == 2
    assert calls == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]


@pytest.mark.parametrize("slices", [[], [5], [-1], 7])
def test_slices_that_are_not_there_are_refused(path, slices):
    with pytest.raises(ValueError, match="`slices` must name slices of the 5 in"):
        Acquisitions(path, slices)


@pytest.mark.parametrize("slices", [[0, 1, 3], [2, 1], [1, 1]])
def test_slices_that_make_no_volume_are_refused(path, slices):
    with pytest.raises(ValueError, match="`slices` must ascend evenly"):
        Acquisitions(path, slices)


def test_a_file_has_to_be_named_and_there(tmp_path):
    with pytest.raises(ValueError, match=r"`kspace` must be a .npy file of .*, got none: add --kspace FILE"):
        Acquisitions(None)
    with pytest.raises(FileNotFoundError, match=r"`kspace` must be .*fastMRI or ISMRMRD, got .*none.h5"):
        Acquisitions(tmp_path / "none.h5")
