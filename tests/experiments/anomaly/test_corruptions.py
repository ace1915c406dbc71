import math

import pytest
import torch

from experiments.anomaly import Lesion, MotionArtefact, SpikeArtefact
from experiments.anomaly.corruptions import onto_brain


def test_intensities_are_clipped_and_what_is_no_brain_is_background():
    unit = torch.tensor([[-0.5, 0.0, 0.25, 1.0, 1.5, 0.7]])
    brain = torch.tensor([[True, True, True, True, True, False]])
    assert onto_brain(unit, brain).tolist() == [[-1, -1, -0.5, 1, 1, -1]]


BRAIN = torch.zeros(3, 1, 64, 72, dtype=torch.bool)
BRAIN[:, :, 6:58, 6:66] = True
FLAT = torch.where(BRAIN, 0.0, -1.0)
SEEDS = [4, 5, 6]


@pytest.mark.parametrize("contrast", [0.4, -0.4])
def test_on_flat_tissue_its_middle_has_the_contrast_and_its_outline_the_area_stated(contrast):
    damaged, where = Lesion(16, contrast)(FLAT, BRAIN, SEEDS)
    middle = 0.5 * (1 + contrast)  # of intensity 1/2, the tissue's and so the reference's
    extreme = damaged.amax(dim=(1, 2, 3)) if contrast > 0 else damaged.where(BRAIN, 1).amin(dim=(1, 2, 3))
    torch.testing.assert_close(extreme, torch.full((3,), 2 * middle - 1))
    areas = where.sum(dim=(1, 2, 3)) / (math.pi * 8**2)
    torch.testing.assert_close(areas, torch.ones(3), atol=0.05, rtol=0)


def test_the_edge_is_smooth_and_half_way_on_the_outline():
    damaged, where = Lesion(20, 0.4, elongation=1, edge=4)(FLAT, BRAIN, SEEDS)
    weight = damaged / 0.4  # x rises from 0 to 0.4
    assert ((weight[where] >= 0.5 - 1e-6) & (weight[where] <= 1 + 1e-6)).all()
    assert (weight[BRAIN & ~where] < 0.5).all()
    steps = (weight[..., 1:] - weight[..., :-1])[BRAIN[..., 1:] & BRAIN[..., :-1]].abs()
    assert steps.max() < 1.5 / 4 + 0.05  # a cubic's steepest slope


def test_texture_stays_and_nothing_changes_elsewhere():
    texture = torch.where(
        BRAIN, torch.rand(3, 1, 64, 72, generator=torch.Generator().manual_seed(0)) - 0.8, -1
    )
    damaged, where = Lesion(16, 0.2, edge=1)(texture, BRAIN, SEEDS)
    rise = (damaged - texture)[0][where[0]]
    assert rise.median() == pytest.approx(float(rise.max()), rel=1e-5)
    near = torch.nn.functional.max_pool2d(where.float(), 5, 1, 2).bool()
    torch.testing.assert_close(damaged[~near], texture[~near])


def test_it_lies_inside_the_brain_and_a_dark_one_where_the_bright_one_lies():
    bright, dark = (Lesion(16, contrast)(FLAT, BRAIN, SEEDS) for contrast in (0.3, -0.3))
    assert torch.equal(bright.where, dark.where)
    assert (bright.where <= BRAIN).all()
    assert (bright.images[~BRAIN] == -1).all()


def test_its_middle_is_tissue_and_no_dark_fluid():
    """In a brain of two halves, whose dark one is deep and wide enough."""
    halves = FLAT.clone()
    halves[:, :, :, 6:36] = -0.8
    for seed in range(5):
        where = Lesion(12, -0.3)(halves, BRAIN, [seed] * 3).where
        assert where.nonzero()[:, 3].float().mean() > 34


def test_intensities_are_clipped():
    bright = torch.where(BRAIN, 0.9, -1.0)
    assert Lesion(8, 0.5)(bright, BRAIN, SEEDS).images.max() == 1
    assert Lesion(8, -2.0)(bright, BRAIN, SEEDS).images.min() == -1


def test_it_is_a_function_of_the_slice_and_its_seed():
    lesion = Lesion(8, 0.3)
    together = lesion(FLAT, BRAIN, SEEDS)
    alone = lesion(FLAT[1:2], BRAIN[1:2], SEEDS[1:2])
    assert torch.equal(together.images[1:2], alone.images)
    assert len({tuple(where.nonzero().flatten().tolist()) for where in together.where}) == 3


def test_a_lesion_larger_than_the_brain_is_refused():
    with pytest.raises(ValueError, match="`diameter` must let the lesion fit into the brain, got 80"):
        Lesion(80, 0.3)(FLAT, BRAIN, SEEDS)


LESION = {"diameter": 8, "contrast": 0.3}
MOTION = {"degrees": 3, "pixels": 2.5}
SPIKE = {"intensity": 0.1}


@pytest.mark.parametrize(
    ("kind", "arguments", "name", "value", "rule"),
    [
        (Lesion, LESION, "diameter", 0, "positive"),
        (Lesion, LESION, "contrast", 0, "not 0"),
        (Lesion, LESION, "contrast", math.nan, "finite"),
        (Lesion, LESION, "elongation", 0.5, "at least 1"),
        (Lesion, LESION, "edge", 0, "positive"),
        (MotionArtefact, MOTION, "degrees", 0, "positive"),
        (MotionArtefact, MOTION, "pixels", -1, "positive"),
        (MotionArtefact, MOTION, "movements", 0, "positive"),
        (SpikeArtefact, SPIKE, "intensity", 0, "positive"),
        (SpikeArtefact, SPIKE, "spikes", 0, "positive"),
    ],
)
def test_arguments_out_of_range_are_refused(kind, arguments, name, value, rule):
    with pytest.raises(ValueError, match=f"`{name}` must be .*{rule}.*, got {value}"):
        kind(**arguments | {name: value})


def test_damage_is_called_by_its_numbers():
    assert str(Lesion(8, -0.3)) == "lesion of 8 px, -30 %"
    assert str(MotionArtefact(**MOTION)) == "2 movements, up to 3 degrees and 2.5 px"
    assert str(SpikeArtefact(0.1)) == "1 spike of 10 %"
    assert str(SpikeArtefact(0.1, 3)) == "3 spikes of 10 %"
