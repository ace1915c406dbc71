import numpy as np
import pytest
import torch

from monai_blurvae.mri import (
    CartesianEncoding,
    acceleration,
    held_back_residual,
    hold_back,
    sampled_mask,
    simulated_coil_maps,
    uniform_lines,
    variable_density_lines,
)
from monai_blurvae.mri.masks import calibration_width, poisson_disc
from tests.mri.kspace import complex_noise

LINES = pytest.mark.parametrize("draw", [uniform_lines, variable_density_lines])
R = pytest.mark.parametrize("factor", [2, 3, 4, 5, 8])


@LINES
@R
@pytest.mark.parametrize("width", [170, 181])
def test_as_many_lines_are_sampled_as_the_acceleration_asks_for(draw, factor, width):
    mask = draw((4, width), factor)
    assert mask[0].sum() == round(width / factor)
    assert acceleration(mask) == pytest.approx(factor, abs=factor**2 / width)  # half a line


@LINES
@R
def test_lines_are_whole_columns_and_the_centre_is_among_them(draw, factor):
    mask = draw((6, 96), factor, centre_lines=8)
    assert torch.equal(mask, mask[:1].expand(6, -1))
    assert mask[:, 44:52].all()


@pytest.mark.parametrize(
    "draw",
    [
        uniform_lines,
        variable_density_lines,
        poisson_disc,
        lambda size, R, seed: hold_back(torch.ones(size), 1 / R, seed=seed)[1],
    ],
)
def test_a_seed_draws_the_same_again_another_others_and_the_global_generators_stand_still(draw):
    torchs, numpys = torch.get_rng_state(), np.random.get_state()[1].copy()
    first = draw((32, 96), 3, seed=1)
    assert torch.equal(first, draw((32, 96), 3, seed=1))
    assert not torch.equal(first, draw((32, 96), 3, seed=2))
    assert torch.equal(torch.get_rng_state(), torchs)
    assert (np.random.get_state()[1] == numpys).all()


def test_lines_near_the_centre_are_likelier_only_where_density_varies():
    def share_of_inner_half(draw):
        masks = torch.stack([draw((1, 96), 4, centre_lines=0, seed=seed)[0] for seed in range(200)]).double()
        return (masks[:, 24:72].sum() / masks.sum()).item()

    # 200 x 24 draws: a standard deviation of at most 0.5 / sqrt(4800) = 0.0072
    assert share_of_inner_half(uniform_lines) == pytest.approx(0.5, abs=5 * 0.0072)
    assert share_of_inner_half(variable_density_lines) > 0.6


def test_an_acceleration_of_one_samples_everything():
    assert uniform_lines((4, 32), 1).all()


def test_a_centre_as_wide_as_the_budget_is_all_that_is_sampled():
    mask = uniform_lines((1, 32), 4, centre_lines=8)
    assert mask[0].nonzero().flatten().tolist() == list(range(12, 20))


@LINES
@pytest.mark.parametrize("factor", [0.5, 33, float("nan")])
def test_accelerations_out_of_range_are_refused(draw, factor):
    with pytest.raises(ValueError, match="`acceleration` must be from 1 to the number of lines, 32, got"):
        draw((4, 32), factor)


@LINES
def test_a_centre_that_leaves_no_acceleration_is_refused(draw):
    with pytest.raises(ValueError, match=r"`centre_lines` must be at most W / `acceleration` = 8 .* got 16"):
        draw((4, 32), 4)


def test_a_negative_power_is_refused():
    with pytest.raises(ValueError, match="`power` must be a number of at least 0, got -1"):
        variable_density_lines((4, 96), 4, power=-1.0)


def test_an_empty_mask_has_no_acceleration():
    with pytest.raises(ValueError, match="`mask` must sample something"):
        acceleration(torch.zeros(4, 4))


def test_what_was_sampled_is_where_any_coil_is_not_zero():
    mask = uniform_lines((4, 32), 2, centre_lines=4)
    y = torch.randn(1, 3, 4, 32, dtype=torch.complex64) * mask
    y[:, 0] = 0
    assert torch.equal(sampled_mask(y)[0, 0], mask)


@R
def test_the_acceleration_is_met_and_the_centre_sampled(factor):
    mask = poisson_disc((32, 33), factor, centre=6)
    assert mask.dtype == torch.bool
    assert acceleration(mask) == pytest.approx(factor, abs=0.1)
    assert mask[13:19, 13:19].all()


def test_the_density_falls_from_the_centre():
    masks = torch.stack([poisson_disc((32, 32), 5, centre=4, seed=seed) for seed in range(5)]).double()
    assert masks[:, 8:24, 8:24].mean() > 2 * masks.mean()


def test_points_that_cannot_be_drawn_are_refused():
    with pytest.raises(ValueError, match=r"`centre` must be from 0 to below the smaller of .* got 32"):
        poisson_disc((32, 40), 4, centre=32)
    with pytest.raises(ValueError, match="`acceleration` must be above 1, got 1"):
        poisson_disc((32, 32), 1)
    with pytest.raises(ValueError, match=r"`acceleration` must be one that \(32, 32\) samples .* got 8"):
        poisson_disc((32, 32), 8, centre=16)


@pytest.mark.parametrize("edge", range(1, 10))
def test_the_square_that_was_sampled_is_found(edge):
    mask = torch.zeros(10, 9)
    mask[5 - edge // 2 : 5 - edge // 2 + edge, 4 - edge // 2 : 4 - edge // 2 + edge] = 1
    assert calibration_width(mask) == edge


def test_it_is_never_more_than_asked_for_or_there():
    assert calibration_width(uniform_lines((40, 40), 1), most=24) == 24
    assert calibration_width(uniform_lines((40, 10), 1, centre_lines=4), most=24) == 10


def test_every_mask_of_a_batch_counts_and_a_missing_centre_gives_zero():
    mask = torch.ones(2, 1, 8, 8)
    mask[1, 0, 4, 4] = 0
    assert calibration_width(mask) == 0


def test_what_is_seen_and_what_is_held_back_make_up_what_was_sampled():
    mask = torch.rand(2, 1, 32, 33, generator=torch.Generator().manual_seed(0)) < 0.5
    seen, held = hold_back(mask, centre=8)
    assert torch.equal(seen | held, mask)
    assert not (seen & held).any()


def test_about_the_share_is_held_back_and_nothing_of_the_centre():
    _, held = hold_back(torch.ones(64, 64), share=0.1, centre=24)
    assert not held[..., 20:44, 20:44].any()
    assert int(held.sum()) == 352  # of 4096 - 576 samples


def test_more_can_be_held_back_of_what_is_left_with_the_same_seed():
    seen, _ = hold_back(torch.ones(64, 64), share=0.1, centre=24)
    rest, further = hold_back(seen, share=0.1, centre=24)
    assert int(further.sum()) == 317  # of 3520 - 352
    assert torch.equal(rest | further, seen)


def test_the_residual_is_zero_for_the_truth_and_follows_the_error():
    E = CartesianEncoding(torch.ones(6, 5), simulated_coil_maps(3, (6, 5)))
    x = complex_noise(2, 1, 6, 5, dtype=torch.complex64)
    y = E(x)
    torch.testing.assert_close(held_back_residual(x, y, E), torch.zeros(2))
    torch.testing.assert_close(held_back_residual(1.25 * x, y, E), torch.full((2,), 25.0))


@pytest.mark.parametrize("turned", [False, True], ids=["columns", "rows"])
@pytest.mark.parametrize(("share", "expected"), [(0.25, 4), (0.001, 3)])
def test_of_lines_whole_lines_are_held_back(turned, share, expected):
    lines = torch.stack([variable_density_lines((20, 64), 2, 16, seed)[None] for seed in (0, 1)])
    mask = lines.transpose(-2, -1) if turned else lines  # 16 in the middle and 16 outside
    seen, held = hold_back(mask, share, centre=16)
    assert torch.equal(seen | held, mask)
    assert not (seen & held).any()
    columns = held.transpose(-2, -1) if turned else held
    assert torch.equal(columns, columns[..., :1, :].expand_as(columns))
    assert columns[..., 0, :].sum(dim=-1).tolist() == [[expected], [expected]]
    assert not columns[..., 24:40].any()


def test_of_few_lines_half_are_held_back_at_most_and_lines_of_their_own_rather_than_neighbours():
    mask = torch.zeros(8, 64)
    mask[:, 24:40] = 1
    mask[:, [40, 60]] = 1
    drawn = [hold_back(mask, 0.1, centre=16, seed=seed)[1][0, 0, 0].nonzero().flatten() for seed in range(50)]
    assert all(len(lines) == 1 for lines in drawn)
    assert sum(int(lines) == 60 for lines in drawn) >= 45  # 20 lines from the next, 40 one: 400 to 1


@pytest.mark.parametrize("share", [0, 1, -0.1])
def test_shares_out_of_range_are_refused(share):
    with pytest.raises(ValueError, match=rf"`share` must be in \(0, 1\), got {share}"):
        hold_back(torch.ones(32, 32), share=share)


def test_a_mask_of_a_centre_alone_has_nothing_to_hold_back():
    with pytest.raises(ValueError, match=r"`mask` must have samples outside of the `centre` .* got 0"):
        hold_back(torch.ones(16, 16), centre=24)
