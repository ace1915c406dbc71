import math

import pytest
import torch

from experiments.anomaly.study import localisation

BRAIN = torch.ones(1, 4, 5, dtype=torch.bool)
BRAIN[:, :, 0] = False
WHERE = torch.zeros_like(BRAIN)
WHERE[:, 1, 1:4] = True


def test_a_map_that_is_high_on_the_lesion_alone_is_perfect():
    assert dict(localisation(WHERE.float(), WHERE, BRAIN)) == {"auroc": 1, "ap": 1}


def test_a_map_that_says_nothing_has_chance_values():
    found = dict(localisation(torch.zeros(1, 4, 5), WHERE, BRAIN))
    assert found == {"auroc": 0.5, "ap": pytest.approx(3 / 16)}


def test_pixels_outside_the_brain_and_unknown_ones_do_not_count():
    values = WHERE.float()
    values[:, :, 0] = 9.0
    values[:, 3, 4] = math.nan
    assert dict(localisation(values, WHERE, BRAIN)) == {"auroc": 1, "ap": 1}


@pytest.mark.parametrize("where", [BRAIN, torch.zeros_like(BRAIN)])
def test_damage_without_a_place_gives_nothing(where):
    assert dict(localisation(WHERE.float(), where, BRAIN)) == {"auroc": None, "ap": None}
