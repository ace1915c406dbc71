import nibabel as nib
import numpy as np
import pytest
import torch

from monai_blurvae.inference import placement, scan_geometry
from monai_blurvae.mri.kspace_header import ReconstructedGrid
from monai_blurvae.mri.orientation import reorient

GRID = ReconstructedGrid((8, 6), (0.5, 0.75, 4.0))


@pytest.mark.parametrize("orientation", ["PLS", "RAS", "AR", "SPL", "IR"])
def test_the_affine_has_the_stated_orientation_and_spacing(orientation):
    geometry = scan_geometry(orientation, (0.5, 0.75, 4), None, "PLS")
    affine = geometry.affine((8, 6), [0, 1])
    assert "".join(nib.aff2axcodes(affine)) == geometry.orientation
    assert geometry.orientation.startswith(orientation)
    np.testing.assert_allclose(nib.affines.voxel_sizes(affine), (0.5, 0.75, 4))


def test_the_centre_of_slice_zero_is_the_origin_whichever_slices_are_read():
    geometry = scan_geometry("PL", (0.5, 0.75, 4), None, "PLS")
    np.testing.assert_allclose(geometry.affine((8, 5), [0, 1]) @ (4, 2, 0, 1), (0, 0, 0, 1))
    every_second = geometry.affine((8, 5), [3, 5, 7])
    np.testing.assert_allclose(every_second @ (4, 2, 0, 1), (0, 0, 12, 1))
    np.testing.assert_allclose(every_second @ (4, 2, 2, 1), (0, 0, 28, 1))


def test_what_is_not_stated_is_the_headers_else_the_models():
    assert scan_geometry(None, None, None, "PLS", GRID) == ("PLS", (0.5, 0.75, 4), (8, 6))
    assert scan_geometry("RA", (1, 1), (4, 4), "PLI", GRID) == ("RAI", (1, 1, 4), (4, 4))
    assert scan_geometry("PS", (2, 3), None, "PLS") == ("PSR", (2, 3, 1), None)


@pytest.mark.parametrize(("size", "kept"), [(9, 4), (9, 5), (8, 4), (8, 5), (3, 4)])
def test_the_centre_stays_the_centre(size, kept):
    image = torch.arange(size).expand(size, size)
    cropped = scan_geometry("PL", None, (kept, kept), "PLS").cropped(image)
    assert cropped.shape == (min(size, kept), min(size, kept))
    assert cropped[0, cropped.shape[1] // 2] == size // 2


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("XY", None, None), "`kspace_orientation` must be"),
        (("PL", (1,), None), "`spacing` must be two or three positive sizes"),
        (("PL", (1, 0), None), "`spacing` must be"),
        (("PL", None, (4,)), "`crop` must be two positive sizes"),
        (("PL", None, (4, 0)), "`crop` must be"),
    ],
)
def test_what_is_no_geometry_is_refused(arguments, match):
    with pytest.raises(ValueError, match=match):
        scan_geometry(*arguments, "PLS")


def test_a_model_is_told_what_it_will_see():
    assert placement(None, None, "PLS") == ("PLS", "PLS", None)
    assert placement("RAS", (1, 2, 3), "PLS") == ("RAS", "PLS", (2, 1, 3))
    assert placement("PS", (1, 2), "PLS") == ("PS", "PS", (1, 2))


@pytest.mark.parametrize(
    ("orientation", "turns"), [("RA", True), (None, False), ("PLI", False), ("PS", False)]
)
def test_values_are_turned_to_the_model_and_back_where_that_is_needed_and_possible(orientation, turns):
    values, place = torch.arange(12).view(3, 4), placement(orientation, None, "PLS")
    assert torch.equal(place.turned(values), reorient(values, "RA", "PL") if turns else values)
    assert torch.equal(place.back(place.turned(values)), values)
