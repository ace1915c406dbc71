import numpy as np
import pytest
import torch

from monai_blurvae.mri import simulated_coil_maps


@pytest.mark.parametrize(("coils", "size"), [(8, (12, 9)), (1, (4, 4)), (4, (7, 16))])
def test_the_sum_of_squares_is_one_everywhere(coils, size):
    maps = simulated_coil_maps(coils, size)
    assert maps.shape == (1, coils, *size)
    torch.testing.assert_close(maps.abs().square().sum(dim=1), torch.ones(1, *size))


def test_maps_are_those_of_sigpys_birdcage():
    birdcage = pytest.importorskip("sigpy.mri.sim").birdcage_maps
    for size in ((12, 9), (8, 8)):
        expected = birdcage((8, *size), r=1.5).astype(np.complex64)
        np.testing.assert_allclose(simulated_coil_maps(8, size)[0].numpy(), expected, atol=1e-6)


def test_maps_are_smooth_half_the_pixel_has_half_the_difference():
    coarse, fine = simulated_coil_maps(8, (64, 64)), simulated_coil_maps(8, (128, 128))
    for axis in (-2, -1):
        ratio = fine.diff(dim=axis).abs().max() / coarse.diff(dim=axis).abs().max()
        torch.testing.assert_close(ratio, torch.tensor(0.5), rtol=0.2, atol=0)


@pytest.mark.parametrize(("argument", "match"), [({"coils": 0}, "`coils`"), ({"size": (0, 4)}, "`size`")])
def test_no_coil_and_no_pixel_are_refused(argument, match):
    with pytest.raises(ValueError, match=match):
        simulated_coil_maps(**{"coils": 8, "size": (4, 4), **argument})


def test_a_coil_inside_the_image_is_refused():
    with pytest.raises(ValueError, match=r"`radius` must be above sqrt\(2\), outside the image, got 1.0"):
        simulated_coil_maps(8, (4, 4), radius=1.0)
