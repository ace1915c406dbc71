import nibabel as nib
import numpy as np
import pytest
import torch

from monai_blurvae.inference import Acquisitions, BrainMask, Reference, scan_geometry
from monai_blurvae.inference.scans.slice_files import of_slice, read_array
from tests.inference.scans.scan import SIZE, kspace, phantom


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
    with pytest.raises(ValueError, match=r"`mask` must hold finite numbers up to 1e\+15, got 1 in .*nan.npy"):
        read_array(tmp_path / "nan.npy", "mask", "0 and 1")


def test_one_serves_all_slices_and_several_have_to_be_as_many():
    values = torch.arange(3.0)[:, None]
    assert of_slice(values[:1], 2, 3, "mask") == 0
    assert of_slice(values, 2, 3, "mask") == 2
    with pytest.raises(ValueError, match="`mask` must hold the 4 slices of `kspace`, or one for all, got 3"):
        of_slice(values, 2, 4, "mask")


PLAIN = scan_geometry("PLS", None, None, "PLS")
MAGNITUDE = phantom()[0, 0].abs()
VOLUME = torch.stack([MAGNITUDE, 2 * MAGNITUDE, 3 * MAGNITUDE])


def test_references_lie_in_numpy_files_as_the_kspace_does_or_in_fastmri_files_or_nowhere(tmp_path, save):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "brain.h5", "w") as file:
        file["reconstruction_rss"] = VOLUME.numpy()
    for path in (save(VOLUME), tmp_path / "brain.h5"):
        assert torch.equal(Reference(path, PLAIN).of(2, 3, SIZE), VOLUME[2])
    torch.testing.assert_close(Reference(save(phantom()[0, 0]), PLAIN).of(2, 3, SIZE), MAGNITUDE)
    assert Reference(None, PLAIN).of(0, 1, SIZE) is None
    assert BrainMask(None, PLAIN).whole(0, 1, SIZE) is None


def test_a_reference_that_does_not_fit_is_refused_before_the_reconstruction(save):
    acquisitions, path = Acquisitions(save(kspace(), "kspace.npy")), save(MAGNITUDE)
    Reference(path, PLAIN).check(acquisitions)
    cropped = scan_geometry("PL", None, (4, 4), "PLS")
    with pytest.raises(ValueError, match=r"`reference` must have the size .* \(4, 4\), got \(24, 20\) in"):
        Reference(path, cropped).check(acquisitions)
    with pytest.raises(ValueError, match="`reference` must hold some signal in slice 0, got all zero"):
        Reference(save(np.zeros(SIZE)), PLAIN).check(acquisitions)


@pytest.fixture
def masks():
    """Of three slices, each its own, none symmetric."""
    masks = torch.zeros(3, *SIZE)
    for number in range(3):
        masks[number, 2 + number : 12, 3 : 9 + number] = 1
    return masks


def test_each_slice_has_its_own_or_all_have_one(masks, save):
    own, one = BrainMask(save(masks), PLAIN), BrainMask(save(masks[1], "one.npy"), PLAIN)
    for number in range(3):
        assert torch.equal(own.whole(number, 3, SIZE)[0, 0], masks[number] == 1)
        assert torch.equal(one.whole(number, 3, SIZE)[0, 0], masks[1] == 1)


@pytest.mark.parametrize("name", ["mask.nii", "mask.nii.gz"])
def test_nifti_masks_are_turned_by_their_own_affine(masks, tmp_path, name):
    affine = PLAIN.affine(SIZE, [0, 1])
    image = nib.Nifti1Image(masks.movedim(0, -1).numpy().astype(np.uint8), affine)
    nib.save(nib.as_closest_canonical(image), tmp_path / name)
    assert nib.aff2axcodes(nib.load(tmp_path / name).affine) == ("R", "A", "S")
    assert torch.equal(BrainMask(tmp_path / name, PLAIN).whole(2, 3, SIZE)[0, 0], masks[2] == 1)


def test_a_packed_mask_with_a_wrong_checksum_is_refused_by_name(masks, tmp_path):
    path = tmp_path / "mask.nii.gz"
    nib.save(nib.Nifti1Image(masks.movedim(0, -1).numpy(), PLAIN.affine(SIZE, [0, 1])), path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:])
    with pytest.raises(ValueError, match=r"`brain_mask` must be a whole NIfTI file, got .*gz \(.*CRC check"):
        BrainMask(path, PLAIN)


def test_what_the_reconstruction_crops_lies_outside(save):
    geometry = scan_geometry("PL", None, (6, 5), "PLS")
    mask = BrainMask(save(np.ones((6, 5))), geometry).whole(0, 1, SIZE)
    assert mask.shape == (1, 1, *SIZE)
    assert int(mask.sum()) == 30
    assert bool(geometry.cropped(mask).all())


def test_all_slices_that_are_wanted_are_checked_first(masks, save):
    path = save(torch.cat([kspace()] * 3), "kspace.npy")
    BrainMask(save(masks), PLAIN).check(Acquisitions(path))
    masks[2] = 0
    holed = BrainMask(save(masks), PLAIN)
    holed.check(Acquisitions(path, [0, 1]))
    with pytest.raises(ValueError, match="`brain_mask` must hold some brain in slice 2, got all zero"):
        holed.check(Acquisitions(path))


def test_masks_that_do_not_fit_are_refused(masks, save, tmp_path):
    with pytest.raises(ValueError, match=r"`brain_mask` must have the size .* \(24, 20\), got \(20, 24\)"):
        BrainMask(save(masks.mT), PLAIN).whole(0, 3, SIZE)
    with pytest.raises(ValueError, match=r"`brain_mask` must hold the 4 slices of `kspace`, or one .* got 3"):
        BrainMask(save(masks), PLAIN).whole(0, 4, SIZE)
    with pytest.raises(ValueError, match=r"`brain_mask` must hold only 0 and 1, got values from 0.* to 255"):
        BrainMask(save(255 * masks), PLAIN)
    with pytest.raises(ValueError, match=r"`brain_mask` must be finite 0 and 1.*got \(1, 3, 24, 20\)"):
        BrainMask(save(masks[None]), PLAIN)
    with pytest.raises(FileNotFoundError, match=r"`brain_mask` must be a file of 0 and 1.*none.nii"):
        BrainMask(tmp_path / "none.nii", PLAIN)
    (tmp_path / "damaged.nii").write_bytes(b"no image")
    with pytest.raises(ValueError, match=r"`brain_mask` must be a whole NIfTI file.*damaged.nii"):
        BrainMask(tmp_path / "damaged.nii", PLAIN)
    (tmp_path / "mask.png").touch()
    with pytest.raises(ValueError, match=r"`brain_mask` must end in .npy, .nii or .nii.gz, got .*mask.png"):
        BrainMask(tmp_path / "mask.png", PLAIN)
