import math

import pytest
import torch
from ignite.engine import Engine
from monai.engines.utils import IterationEvents

from monai_blurvae.keys import Keys
from monai_blurvae.training.handlers import NonFiniteGuard


def trainer(losses, steps):
    """An engine of four iterations that takes its loss from a list and counts the steps made after it."""

    def iteration(engine, batch):
        engine.state.output = {
            Keys.IMAGE: torch.zeros(2, 1, 4, 4),
            Keys.KERNEL: None,
            Keys.LOSS: torch.tensor(losses[engine.state.iteration - 1]),
            Keys.KL: torch.tensor(1.0),
        }
        engine.fire_event(IterationEvents.LOSS_COMPLETED)
        steps.append(batch)
        return engine.state.output

    engine = Engine(iteration)
    engine.register_events(*IterationEvents)
    return engine


def test_finite_terms_pass():
    steps = []
    engine = trainer([1.0, 2.0, 3.0, 4.0], steps)
    NonFiniteGuard().attach(engine)
    engine.run(range(2), max_epochs=2)
    assert len(steps) == 4


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
def test_a_non_finite_term_stops_before_the_step_and_is_named_with_its_place(broken):
    steps = []
    engine = trainer([1.0, 2.0, broken, 4.0], steps)
    NonFiniteGuard().attach(engine)
    message = (
        "`loss` is not finite in epoch 2, iteration 3: lower `learning_rate`, .*; no checkpoint was saved"
    )
    with pytest.raises(FloatingPointError, match=message):
        engine.run(range(2), max_epochs=2)
    assert len(steps) == 2


def test_the_last_good_checkpoint_is_named_once_it_is_there(tmp_path):
    checkpoint = tmp_path / "checkpoint.pt"
    guard = NonFiniteGuard(checkpoint)
    for there, rescue in (
        (False, "no checkpoint was saved yet"),
        (True, "last good checkpoint is .*checkpoint.pt"),
    ):
        if there:
            checkpoint.touch()
        engine = trainer([math.nan], [])
        guard.attach(engine)
        with pytest.raises(FloatingPointError, match=rescue):
            engine.run(range(1))


def test_several_terms_are_all_named_and_images_are_checked_too():
    engine = Engine(lambda *_: None)
    engine.state.output = {"image": torch.tensor([[1.0, math.nan]]), "loss": torch.tensor(math.inf), "n": 3}
    engine.state.epoch = engine.state.iteration = 1
    with pytest.raises(FloatingPointError, match=r"^`image`, `loss` are not finite in epoch 1"):
        NonFiniteGuard()(engine)
