import pytest
import torch

from monai_blurvae.mri import image_to_kspace
from monai_blurvae.mri.orientation import checked_orientation, in_orientation, reorient, same_plane
from tests.mri.kspace import complex_noise

AXIAL = ["PL", "PR", "AL", "AR", "LP", "RP", "LA", "RA"]


@pytest.mark.parametrize("source", AXIAL)
@pytest.mark.parametrize("size", [(6, 5), (4, 8), (3, 3)])
def test_turning_has_an_inverse_and_commutes_with_the_transform(source, size):
    x = complex_noise(1, 1, *size)
    assert torch.equal(reorient(reorient(x, source, "PL"), "PL", source), x)
    torch.testing.assert_close(
        image_to_kspace(reorient(x, source, "PL")), reorient(image_to_kspace(x), source, "PL")
    )


def test_an_odd_axis_is_flipped_and_an_even_one_mirrored_at_its_centre():
    x = torch.arange(12).view(3, 4)
    assert torch.equal(reorient(x, "PL", "AL"), x.flip(0))
    assert torch.equal(reorient(x, "PL", "PR")[:, 1:], x[:, 1:].flip(1))
    assert torch.equal(reorient(x, "PL", "PR")[:, 0], x[:, 0])


def test_turning_in_two_steps_is_turning_in_one():
    x = complex_noise(6, 5)
    for middle in AXIAL:
        assert torch.equal(reorient(reorient(x, "RAS", middle), middle, "PLI"), reorient(x, "RA", "PL"))


def test_a_spacing_goes_with_its_axes():
    assert in_orientation((1, 2, 3), "RAS", "PLS") == (2, 1, 3)
    assert in_orientation((1, 2), "AR", "PLS") == (1, 2)


def test_planes_are_told_apart():
    assert all(same_plane(source, "PLS") for source in AXIAL)
    assert not any(same_plane(source, "PLS") for source in ("PS", "SL", "RI"))
    with pytest.raises(ValueError, match="`target` must lie in the plane of `source`, PS, got PL"):
        reorient(torch.ones(2, 2), "PS", "PL")


@pytest.mark.parametrize("orientation", ["", "P", "PA", "PLR", "XY", "pl", "PLSS", "PLP"])
def test_what_is_no_orientation_is_refused(orientation):
    with pytest.raises(ValueError, match="`orientation` must be two or three of R or L"):
        checked_orientation(orientation)
