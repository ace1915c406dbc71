"""One seed makes every generator repeat itself, and a checkpoint can hold the generators' states."""

import random

import numpy as np
import pytest
import torch

from monai_blurvae.workflow import RandomStates, seed_everything


def draw():
    return random.random(), np.random.rand(), float(torch.rand(()))


def test_a_seed_repeats_every_generator():
    seed_everything(4)
    first = draw()
    seed_everything(4)
    assert draw() == first


def test_states_come_back():
    states = RandomStates().state_dict()
    first = torch.rand(3)
    RandomStates().load_state_dict(states)
    assert torch.equal(torch.rand(3), first)


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5])
def test_a_seed_that_is_none_is_refused(seed):
    with pytest.raises(ValueError, match="`seed` must be an integer"):
        seed_everything(seed)
