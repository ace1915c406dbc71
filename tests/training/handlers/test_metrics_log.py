import csv
import json
import math

import pytest
import torch
from ignite.engine import Engine, Events

from monai_blurvae.training.handlers import MetricsLog

PSNR = [20.0, 25.0, 23.0, 26.0]


def evaluator(values=PSNR):
    """An engine that measures the next value at every epoch, as MONAI's evaluators do it."""
    engine = Engine(lambda *_: {})

    @engine.on(Events.EPOCH_COMPLETED)
    def measure(engine):
        engine.state.metrics = {"psnr": values[engine.state.epoch - 1], "spectrum": torch.zeros(4, 4)}

    engine.state.key_metric_name = "psnr"
    return engine


def train(folder, epochs, resumed_at=0, log_first=False, validator=None):
    """Train on two iterations an epoch, of losses 2 * epoch and 4 * epoch, and validate after every epoch."""
    validator = validator or evaluator()

    def iteration(engine, factor):
        return {"image": torch.zeros(1), "loss": torch.tensor(2.0 * factor * engine.state.epoch)}

    def validate(engine):
        validator.state.epoch, validator.state.max_epochs = engine.state.epoch - 1, engine.state.epoch
        validator.run([0], max_epochs=engine.state.epoch)

    trainer = Engine(iteration)
    log = MetricsLog(folder, validator)
    if log_first:
        log.attach(trainer)
    trainer.add_event_handler(Events.EPOCH_COMPLETED, validate)
    if not log_first:
        log.attach(trainer)
    if resumed_at:
        trainer.load_state_dict({"epoch": resumed_at, "epoch_length": 2, "max_epochs": epochs})
    trainer.run([1, 2], max_epochs=epochs)


def rows(folder):
    with (folder / "metrics.csv").open(newline="") as file:
        return [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]


EXPECTED = [{"epoch": e, "train_loss": 3.0 * e, "psnr": PSNR[e - 1]} for e in range(1, 5)]
"""The mean of 2 * epoch and 4 * epoch, and the measured values."""


@pytest.mark.parametrize("log_first", [False, True])
def test_a_row_an_epoch_holds_mean_terms_and_metrics_in_whatever_order_handlers_run(tmp_path, log_first):
    train(tmp_path, epochs=4, log_first=log_first)
    assert rows(tmp_path) == EXPECTED


def test_json_holds_the_latest_row_and_the_best_by_the_key_metric(tmp_path):
    train(tmp_path, epochs=3)
    summary = json.loads((tmp_path / "metrics.json").read_text())
    assert summary == {"latest": EXPECTED[2], "best": EXPECTED[1]}


def test_a_resumed_run_appends_and_drops_the_rows_of_a_history_given_up(tmp_path):
    train(tmp_path, epochs=3)
    train(tmp_path, epochs=4, resumed_at=1, validator=evaluator([0.0, 30.0, 23.0, 26.0]))
    assert [row["psnr"] for row in rows(tmp_path)] == [20.0, 30.0, 23.0, 26.0]
    assert [row["epoch"] for row in rows(tmp_path)] == [1, 2, 3, 4]
    assert json.loads((tmp_path / "metrics.json").read_text())["best"]["epoch"] == 2


def test_a_resumed_run_writes_what_an_uninterrupted_one_does(tmp_path):
    train(tmp_path / "once", epochs=4)
    train(tmp_path / "twice", epochs=2)
    train(tmp_path / "twice", epochs=4, resumed_at=2)
    for name in ("metrics.csv", "metrics.json"):
        assert (tmp_path / "twice" / name).read_bytes() == (tmp_path / "once" / name).read_bytes()


@pytest.mark.parametrize("content", [b"epoch\n\x80", b"epoch,psnr\n1,x\n", b"other\n1\n", b"epoch\n1,2\n"])
def test_a_damaged_history_is_named(tmp_path, content):
    (tmp_path / "metrics.csv").write_bytes(content)
    with pytest.raises(ValueError, match=r"metrics\.csv must hold the measures of this run's earlier epochs"):
        train(tmp_path, epochs=2, resumed_at=1)


def test_an_evaluation_alone_logs_its_own_metrics(tmp_path):
    engine = evaluator()
    MetricsLog(tmp_path).attach(engine)
    engine.run([0])
    assert rows(tmp_path) == [{"epoch": 1, "psnr": 20.0}]


def test_a_number_that_is_not_finite_is_null_in_json_and_itself_in_csv(tmp_path):
    engine = evaluator([math.inf])
    MetricsLog(tmp_path).attach(engine)
    engine.run([0])
    assert rows(tmp_path)[0]["psnr"] == math.inf
    assert json.loads((tmp_path / "metrics.json").read_text())["latest"] == {"epoch": 1, "psnr": None}


def test_an_epoch_without_validation_leaves_its_metrics_empty(tmp_path):
    trainer = Engine(lambda *_: {"loss": 1.0})
    MetricsLog(tmp_path, evaluator()).attach(trainer)
    trainer.run([0])
    assert rows(tmp_path) == [{"epoch": 1, "train_loss": 1.0}]
