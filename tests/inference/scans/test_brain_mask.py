import nibabel as nib
import numpy as np
import pytest
import torch

from monai_blurvae.inference import Acquisitions, BrainMask, scan_geometry
from tests.inference.scans.scan import SIZE, kspace

PLAIN = scan_geometry("PLS", None, None, "PLS")


@pytest.fixture
def masks():
    """Of three slices, each its own, none symmetric."""
    masks = torch.zeros(3, *SIZE)
    for number in range(3):
        masks[number, 2 + number : 12, 3 : 9 + number] = 1
    return masks


@pytest.fixture
def save(tmp_path):
    def write(values, name="mask.npy"):
        np.save(tmp_path / name, np.asarray(values))
        return tmp_path / name

    return write


def test_there_may_be_none():
    assert BrainMask(None, PLAIN).of(0, 1, SIZE) is None


def test_each_slice_has_its_own_or_all_have_one(masks, save):
    own, one = BrainMask(save(masks), PLAIN), BrainMask(save(masks[1], "one.npy"), PLAIN)
    for number in range(3):
        assert torch.equal(own.of(number, 3, SIZE)[0, 0], masks[number] == 1)
        assert torch.equal(one.of(number, 3, SIZE)[0, 0], masks[1] == 1)


@pytest.mark.parametrize("name", ["mask.nii", "mask.nii.gz"])
def test_nifti_masks_are_turned_by_their_own_affine(masks, tmp_path, name):
    affine = PLAIN.affine(SIZE, [0, 1])
    image = nib.Nifti1Image(masks.movedim(0, -1).numpy().astype(np.uint8), affine)
    nib.save(nib.as_closest_canonical(image), tmp_path / name)
    assert nib.aff2axcodes(nib.load(tmp_path / name).affine) == ("R", "A", "S")
    assert torch.equal(BrainMask(tmp_path / name, PLAIN).of(2, 3, SIZE)[0, 0], masks[2] == 1)


def test_what_the_reconstruction_crops_lies_outside(save):
    geometry = scan_geometry("PL", None, (6, 5), "PLS")
    mask = BrainMask(save(np.ones((6, 5))), geometry).of(0, 1, SIZE)
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
        BrainMask(save(masks.mT), PLAIN).of(0, 3, SIZE)
    with pytest.raises(ValueError, match=r"`brain_mask` must hold the 4 slices of `kspace`, or one .* got 3"):
        BrainMask(save(masks), PLAIN).of(0, 4, SIZE)
    with pytest.raises(ValueError, match=r"`brain_mask` must hold 0 and 1 alone, got values from 0.* to 255"):
        BrainMask(save(255 * masks), PLAIN)
    with pytest.raises(ValueError, match=r"`brain_mask` must be finite 0 and 1.*got \(1, 3, 24, 20\)"):
        BrainMask(save(masks[None]), PLAIN)
    with pytest.raises(FileNotFoundError, match=r"`brain_mask` must be a file of 0 and 1.*none.nii"):
        BrainMask(tmp_path / "none.nii", PLAIN)
    (tmp_path / "damaged.nii").write_bytes(b"no image")
    with pytest.raises(ValueError, match=r"`brain_mask` must be a NIfTI file of 0 and 1.*damaged.nii"):
        BrainMask(tmp_path / "damaged.nii", PLAIN)
    (tmp_path / "mask.png").touch()
    with pytest.raises(ValueError, match=r"`brain_mask` must end in .npy, .nii or .nii.gz, got .*mask.png"):
        BrainMask(tmp_path / "mask.png", PLAIN)
