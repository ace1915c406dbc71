import pytest
import torch
from ignite.engine import Engine, Events

from monai_blurvae.keys import Keys
from monai_blurvae.training.handlers import training_scalars, validation_scalars


def output(_, batch):
    return {
        Keys.IMAGE: torch.zeros(2, 1, 4, 4),
        Keys.LOSS: torch.tensor(float(batch)),
        Keys.KERNEL: None,
        Keys.SCALE: 0.5,
    }


@pytest.mark.parametrize(("interval", "steps"), [(1, [1, 2, 3, 4]), (2, [2, 4])])
def test_every_term_is_a_curve_over_iterations(writer, events, interval, steps):
    engine = Engine(output)
    training_scalars(writer, interval).attach(engine)
    engine.run([1, 2], max_epochs=2)
    assert [event.step for event in events("scalars", "train/loss")] == steps
    assert events("scalars", "train/loss")[-1].value == 2
    assert {event.value for event in events("scalars", "train/scale")} == {0.5}


def test_every_scalar_metric_is_a_curve_over_the_trainers_epochs(writer, events):
    engine = Engine(lambda *_: None)

    @engine.on(Events.EPOCH_COMPLETED)
    def measure(engine):
        engine.state.metrics = {"psnr": 20.0 + engine.state.epoch, "spectrum": torch.zeros(4, 4)}

    validation_scalars(writer).attach(engine)
    engine.run([0], max_epochs=2)
    assert [(event.step, event.value) for event in events("scalars", "validation/psnr")] == [(1, 21), (2, 22)]
    with pytest.raises(KeyError):
        events("scalars", "validation/spectrum")


def test_an_interval_below_one_is_refused(writer):
    with pytest.raises(ValueError, match="`interval` must be an integer of at least 1, got 0"):
        training_scalars(writer, interval=0)
