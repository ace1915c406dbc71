import numpy as np
import pytest
import torch

from monai_blurvae.mri import acceleration

poisson_disc = pytest.importorskip("monai_blurvae.mri.poisson_disc").poisson_disc


@pytest.mark.parametrize("factor", [2, 3, 4, 5, 8])
def test_the_acceleration_is_met_and_the_centre_sampled(factor):
    mask = poisson_disc((32, 33), factor, centre=6)
    assert mask.dtype == torch.bool
    assert acceleration(mask) == pytest.approx(factor, abs=0.1)
    assert mask[13:19, 13:19].all()


def test_a_seed_draws_the_same_points_again_and_another_seed_others():
    before = np.random.get_state()[1].copy()
    first = poisson_disc((32, 32), 4, centre=6, seed=1)
    assert torch.equal(first, poisson_disc((32, 32), 4, centre=6, seed=1))
    assert not torch.equal(first, poisson_disc((32, 32), 4, centre=6, seed=2))
    assert (np.random.get_state()[1] == before).all()


def test_the_density_falls_from_the_centre():
    masks = torch.stack([poisson_disc((32, 32), 5, centre=4, seed=seed) for seed in range(5)]).double()
    assert masks[:, 8:24, 8:24].mean() > 2 * masks.mean()


def test_accelerations_that_cannot_be_met_are_refused():
    with pytest.raises(ValueError, match="`acceleration` must be above 1, got 1"):
        poisson_disc((32, 32), 1)
    with pytest.raises(ValueError, match=r"`acceleration` must be one that \(32, 32\) samples .* got 8"):
        poisson_disc((32, 32), 8, centre=16)


def test_a_centre_as_large_as_the_image_is_refused():
    with pytest.raises(
        ValueError, match=r"`centre` must be from 0 to below the smaller of `size`, .* got 32"
    ):
        poisson_disc((32, 40), 4, centre=32)
