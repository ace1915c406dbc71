import nibabel as nib
import numpy as np
import pytest
import torch

from monai_blurvae.inference import Acquisition, Reference, compare, scan_geometry
from monai_blurvae.inference.scans.quality import quality
from tests.inference.scans.scan import SIZE, phantom

MAGNITUDE = phantom()[0, 0].abs()
VOLUME = torch.stack([MAGNITUDE, 2 * MAGNITUDE, 3 * MAGNITUDE])


def test_an_image_equal_up_to_its_scale_and_phase_has_no_error():
    values = compare(3 * phantom()[0, 0], MAGNITUDE)
    assert values["nrmse_percent"] < 1e-3
    assert values["ssim"] == pytest.approx(1)
    assert values["psnr_db"] > 100


def test_measures_are_those_of_the_studies():
    image = phantom()[0, 0] + 0.1 * torch.rand(SIZE, generator=torch.Generator().manual_seed(0))
    found = quality(image[None, None], MAGNITUDE[None, None])
    assert tuple(compare(image, MAGNITUDE).values()) == found


def test_numpy_files_lie_as_the_kspace_does(tmp_path):
    np.save(tmp_path / "slices.npy", VOLUME.numpy())
    np.save(tmp_path / "slice.npy", phantom()[0, 0].numpy())
    assert torch.equal(Reference(tmp_path / "slices.npy", "PLS").of(2, 3, SIZE), VOLUME[2])
    torch.testing.assert_close(Reference(tmp_path / "slice.npy", "PLS").of(2, 3, SIZE), MAGNITUDE)


@pytest.mark.parametrize("name", ["reference.nii", "reference.nii.gz"])
def test_nifti_files_are_turned_by_their_own_affine(tmp_path, name):
    stored = VOLUME.movedim(0, -1).numpy()  # rows to posterior, columns to left
    image = nib.Nifti1Image(stored, scan_geometry("PLS", None, None, "PLS").affine(SIZE, [0, 1]))
    nib.save(nib.as_closest_canonical(image), tmp_path / name)
    assert nib.aff2axcodes(nib.load(tmp_path / name).affine) == ("R", "A", "S")
    assert torch.equal(Reference(tmp_path / name, "PLS").of(1, 3, SIZE), VOLUME[1])


def test_fastmri_files_carry_their_own(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "brain.h5", "w") as file:
        file["reconstruction_rss"] = VOLUME.numpy()
    assert torch.equal(Reference(tmp_path / "brain.h5", "PLS").of(1, 3, SIZE), VOLUME[1])


def test_there_may_be_none():
    assert Reference(None, "PLS").of(0, 1, SIZE) is None


def test_a_reference_that_does_not_fit_is_refused_before_the_reconstruction(tmp_path):
    np.save(tmp_path / "slice.npy", MAGNITUDE.numpy())
    acquisition = Acquisition(phantom(), torch.ones(1, 1, *SIZE, dtype=torch.bool), 0, 1)
    reference = Reference(tmp_path / "slice.npy", "PLS")
    reference.check(acquisition, scan_geometry("PL", None, None, "PLS"))
    with pytest.raises(ValueError, match=r"`reference` must have the size .* \(4, 4\), got \(24, 20\) in"):
        reference.check(acquisition, scan_geometry("PL", None, (4, 4), "PLS"))
    np.save(tmp_path / "zero.npy", np.zeros(SIZE))
    with pytest.raises(ValueError, match="`reference` must hold signal in slice 0, got zeros alone"):
        Reference(tmp_path / "zero.npy", "PLS").of(0, 1, SIZE)


def test_files_of_another_kind_or_shape_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"`reference` must be a file of magnitudes.*none.npy"):
        Reference(tmp_path / "none.npy", "PLS")
    (tmp_path / "a.png").touch()
    with pytest.raises(ValueError, match=r"`reference` must end in .npy, .nii"):
        Reference(tmp_path / "a.png", "PLS")
    np.save(tmp_path / "four.npy", np.ones((1, 1, 2, 2)))
    with pytest.raises(ValueError, match=r"`reference` must be finite magnitudes.*got \(1, 1, 2, 2\)"):
        Reference(tmp_path / "four.npy", "PLS")
