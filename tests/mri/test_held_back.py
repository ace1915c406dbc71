import pytest
import torch

from monai_blurvae.mri import CartesianEncoding, held_back_residual, hold_back, simulated_coil_maps
from tests.mri.kspace import complex_noise


def test_what_is_seen_and_what_is_held_back_make_up_what_was_sampled():
    mask = torch.rand(2, 1, 32, 33, generator=torch.Generator().manual_seed(0)) < 0.5
    seen, held = hold_back(mask, centre=8)
    assert torch.equal(seen | held, mask)
    assert not (seen & held).any()


def test_about_the_share_is_held_back_and_nothing_of_the_centre():
    _, held = hold_back(torch.ones(64, 64), share=0.1, centre=24)
    assert not held[..., 20:44, 20:44].any()
    # binomial of 4096 - 576 samples: a standard deviation of sqrt(3520 x 0.09) = 17.8
    assert int(held.sum()) == pytest.approx(352, abs=5 * 17.8)


def test_a_seed_holds_the_same_back_again_and_another_seed_others():
    mask = torch.ones(32, 32)
    assert torch.equal(hold_back(mask, seed=1)[1], hold_back(mask, seed=1)[1])
    assert not torch.equal(hold_back(mask, seed=1)[1], hold_back(mask, seed=2)[1])


def test_the_residual_is_zero_for_the_truth_and_follows_the_error():
    E = CartesianEncoding(torch.ones(6, 5), simulated_coil_maps(3, (6, 5)))
    x = complex_noise(2, 1, 6, 5, dtype=torch.complex64)
    y = E(x)
    torch.testing.assert_close(held_back_residual(x, y, E), torch.zeros(2))
    torch.testing.assert_close(held_back_residual(1.25 * x, y, E), torch.full((2,), 25.0))


@pytest.mark.parametrize("share", [0, 1, -0.1])
def test_shares_out_of_range_are_refused(share):
    with pytest.raises(ValueError, match=f"`share` must be above 0 and below 1, got {share}"):
        hold_back(torch.ones(32, 32), share=share)


def test_a_mask_of_a_centre_alone_has_nothing_to_hold_back():
    with pytest.raises(ValueError, match=r"`mask` must have samples outside of the `centre` .* got 0"):
        hold_back(torch.ones(16, 16), centre=24)
