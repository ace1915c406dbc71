import pytest
import torch
from ignite.engine import Engine, Events

from monai_blurvae.training.handlers import LearningRateDecay


def optimizer():
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(()))], lr=0.5)


def rates(decay, max_epochs=2, length=4, resume_at=0):
    watched, seen = optimizer(), []
    engine = Engine(lambda *_: seen.append(watched.param_groups[0]["lr"]))
    LearningRateDecay([watched, None], 0.5, decay).attach(engine)
    if resume_at:
        engine.load_state_dict({"epoch_length": length, "max_epochs": max_epochs, "iteration": resume_at})
    engine.run(range(length), max_epochs=max_epochs)
    return seen


def test_the_rate_starts_whole_passes_the_half_in_the_middle_and_ends_near_zero():
    seen = rates("cosine")
    assert seen[0] == 0.5
    assert seen[4] == pytest.approx(0.25)
    assert 0 < seen[-1] < 0.05
    assert seen == sorted(seen, reverse=True)


def test_a_resumed_run_goes_on_with_the_same_rates():
    assert rates("cosine", resume_at=4) == rates("cosine")[4:]


def test_a_constant_rate_is_left_alone():
    assert rates("constant") == [0.5] * 8
    engine = Engine(lambda *_: None)
    LearningRateDecay([], 0.5, "constant").attach(engine)
    assert not engine.has_event_handler(LearningRateDecay.__call__, Events.ITERATION_STARTED)


def test_an_unknown_decay_is_refused():
    with pytest.raises(ValueError, match="`decay` must be one of constant, cosine, got 'step'"):
        LearningRateDecay([], 0.5, "step")
