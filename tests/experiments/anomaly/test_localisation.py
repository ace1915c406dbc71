import math

import pytest
import torch

from experiments.anomaly.study import localisation

BRAIN = torch.ones(1, 4, 5, dtype=torch.bool)
BRAIN[:, :, 0] = False
WHERE = torch.zeros_like(BRAIN)
WHERE[:, 1, 1:4] = True


def with_strange_values(values):
    values[:, :, 0] = 9.0  # outside the brain
    values[:, 3, 4] = math.nan  # unknown
    return values


@pytest.mark.parametrize(
    ("values", "auroc", "ap"),
    [
        (WHERE.float(), 1, 1),
        (torch.zeros(1, 4, 5), 0.5, 3 / 16),  # chance
        (with_strange_values(WHERE.float()), 1, 1),
    ],
    ids=["perfect", "says nothing", "pixels that do not count"],
)
def test_a_map_is_compared_with_the_lesion_on_known_pixels_of_the_brain(values, auroc, ap):
    assert dict(localisation(values, WHERE, BRAIN)) == {"auroc": auroc, "ap": pytest.approx(ap)}


@pytest.mark.parametrize("where", [BRAIN, torch.zeros_like(BRAIN)])
def test_damage_without_a_place_gives_nothing(where):
    assert dict(localisation(WHERE.float(), where, BRAIN)) == {"auroc": None, "ap": None}
