import pytest
import torch

from monai_blurvae.mri import acceleration, sampled_mask, uniform_lines, variable_density_lines

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


@LINES
def test_a_seed_draws_the_same_lines_again_and_another_seed_others(draw):
    assert torch.equal(draw((4, 96), 3, seed=1), draw((4, 96), 3, seed=1))
    assert not torch.equal(draw((4, 96), 3, seed=1), draw((4, 96), 3, seed=2))


@LINES
def test_drawing_leaves_the_global_generator_alone(draw):
    before = torch.get_rng_state()
    draw((4, 96), 3)
    assert torch.equal(torch.get_rng_state(), before)


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
    with pytest.raises(ValueError, match="`power` must not be negative, got -1"):
        variable_density_lines((4, 96), 4, power=-1.0)


def test_an_empty_mask_has_no_acceleration():
    with pytest.raises(ValueError, match="`mask` must sample something"):
        acceleration(torch.zeros(4, 4))


def test_what_was_sampled_is_where_any_coil_is_not_zero():
    mask = uniform_lines((4, 32), 2, centre_lines=4)
    y = torch.randn(1, 3, 4, 32, dtype=torch.complex64) * mask
    y[:, 0] = 0
    assert torch.equal(sampled_mask(y)[0, 0], mask)
