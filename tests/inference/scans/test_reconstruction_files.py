import json

import nibabel as nib
import numpy as np
import pytest

from monai_blurvae.inference import (
    ReconstructedSlice,
    ReconstructedVolume,
    Reference,
    scan_geometry,
    write_reconstruction,
)
from tests.inference.scans.scan import phantom

IMAGE = phantom()[0, 0]
GEOMETRY = scan_geometry("RA", (0.5, 0.75, 4), (16, 12), "PLS")


def part(number, std=True):
    record = {"slice": number, "residual_percent": 2.0 + number, "objective": [3.0, 1.0]}
    image = IMAGE * (1 + number)
    return ReconstructedSlice(number, image, image / 2, image.abs() / 10 if std else None, record)


@pytest.fixture
def write(tmp_path):
    def go(*slices, reference=None, interrupted=False):
        volume = ReconstructedVolume(list(slices), interrupted)
        found = Reference(reference, GEOMETRY)
        return write_reconstruction(volume, tmp_path, GEOMETRY, found, 9, {"method": "joint"})

    return go


def test_volumes_hold_magnitude_phase_and_deviation_on_the_scans_grid(write, tmp_path):
    write(part(2), part(4))
    expected = GEOMETRY.cropped(IMAGE)
    written = {"magnitude": expected.abs(), "phase": expected.angle(), "std": expected.abs() / 10}
    for name, image in written.items():
        volume = nib.load(tmp_path / f"{name}.nii.gz")
        assert volume.shape == (16, 12, 2)
        factor = 1 if name == "phase" else 3
        np.testing.assert_allclose(volume.get_fdata()[..., 0], factor * image, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(volume.affine, GEOMETRY.affine((16, 12), [2, 4]))
        assert nib.aff2axcodes(volume.affine) == ("R", "A", "S")
        assert volume.header.get_xyzt_units()[0] == "mm"
    assert (tmp_path / "reconstruction.png").is_file()


def test_a_slice_without_deviation_has_nan_and_none_without_any_has_a_file(write, tmp_path):
    write(part(0), part(1, std=False))
    std = nib.load(tmp_path / "std.nii.gz").get_fdata()
    assert np.isfinite(std[..., 0]).all()
    assert np.isnan(std[..., 1]).all()
    (tmp_path / "std.nii.gz").unlink()
    write(part(0, std=False))
    assert not (tmp_path / "std.nii.gz").exists()


def test_the_record_has_numbers_a_slice_and_their_means(write, tmp_path):
    np.save(tmp_path / "reference.npy", GEOMETRY.cropped(IMAGE).abs().numpy())
    means = write(part(0), part(1), reference=tmp_path / "reference.npy")
    record = json.loads((tmp_path / "reconstruction.json").read_text(encoding="utf-8"))
    assert record["means"] == means
    assert means["residual_percent"] == 2.5
    for name in ("nrmse_percent", "zero_filled_nrmse_percent"):
        assert means[name] == pytest.approx(0, abs=1e-3)  # half as bright is no error
    assert means["ssim"] == pytest.approx(1)
    assert record["stopped"] == "finished"
    assert record["settings"] == {"method": "joint"}
    assert [one["objective"] for one in record["slices"]] == [[3.0, 1.0]] * 2


def test_an_interruption_is_recorded_and_many_slices_make_a_picture_of_a_few(write, tmp_path):
    write(*(part(number, std=False) for number in range(20)), interrupted=True)
    record = json.loads((tmp_path / "reconstruction.json").read_text(encoding="utf-8"))
    assert record["stopped"] == "interrupted"
    assert nib.load(tmp_path / "magnitude.nii.gz").shape == (16, 12, 20)
