import io
import re

import pytest
import torch

from monai_blurvae.training.handlers import Progress, WarmupMarker
from monai_blurvae.training.handlers.progress import _count


class Terminal(io.StringIO):
    def isatty(self):
        return True


def batches(n):
    return [{"image": torch.zeros(1, 1, 4, 4), "loss": torch.tensor(12.345678), "kl": 3.0}] * n


def test_a_log_gets_whole_lines_with_position_terms_and_times(engine_of):
    log, engine = io.StringIO(), engine_of()
    Progress(log, every_s=1000).attach(engine)
    engine.run(batches(10), max_epochs=2)
    lines = log.getvalue().splitlines()
    assert "\r" not in log.getvalue()
    # the first iteration, then nothing within the interval but the ends of epochs
    assert [line.split("  ")[0] for line in lines] == [
        "epoch 1/2 [ 1/10]",
        "epoch 1/2 [10/10]",
        "epoch 2/2 [10/10]",
    ]
    assert re.search(r"loss 12\.35  kl 3  \([\d.e+]+ images/s, 00:00 elapsed, ", lines[0])
    assert lines[-1].endswith(" images/s, 00:00 elapsed, 00:00 left)")


def test_every_iteration_has_a_line_where_no_interval_is_asked_for(engine_of):
    log, engine = io.StringIO(), engine_of()
    Progress(log, every_s=0).attach(engine)
    engine.run(batches(3), max_epochs=2)
    assert len(log.getvalue().splitlines()) == 6


def test_time_left_of_a_resumed_run_counts_the_iterations_made_since(engine_of, monkeypatch):
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr("monai_blurvae.training.handlers.progress.monotonic", lambda: 1.0 + next(clock))
    log, engine = io.StringIO(), engine_of()
    Progress(log, every_s=0).attach(engine)
    engine.load_state_dict({"iteration": 6, "epoch_length": 2, "max_epochs": 5})
    engine.run(batches(2))
    # ten seconds an iteration: the seventh of ten leaves three
    assert log.getvalue().splitlines()[0].endswith("(0.1 images/s, 00:10 elapsed, 00:30 left)")


def test_a_terminal_gets_a_bar_with_the_terms_for_every_epoch(engine_of):
    terminal, engine = Terminal(), engine_of()
    Progress(terminal).attach(engine)
    engine.run(batches(4), max_epochs=2)
    bars = terminal.getvalue().split("\r")
    for epoch in (1, 2):
        assert any(f"Epoch [{epoch}/2]" in bar and "4/4" in bar and "loss=12.3" in bar for bar in bars)


def test_standard_error_is_the_default(engine_of, capsys):
    engine = engine_of()
    Progress().attach(engine)
    engine.run(batches(1))
    assert capsys.readouterr().err.startswith("epoch 1/1 [1/1]")


def run(engine_of, marker, epochs, resumed_at=0):
    engine = engine_of()
    marker.attach(engine)
    if resumed_at:
        engine.load_state_dict({"epoch": resumed_at, "epoch_length": 3, "max_epochs": epochs})
    engine.run([{}] * 3, max_epochs=epochs)


def test_the_first_epoch_after_the_warm_up_is_announced_once(engine_of):
    log = io.StringIO()
    run(engine_of, WarmupMarker(2, stream=log), epochs=5)
    assert log.getvalue().startswith("epoch 3: the warm-up is over;")
    assert log.getvalue().count("\n") == 1


def test_tensorboard_has_the_moment_as_curve_and_text(engine_of, writer, events):
    run(engine_of, WarmupMarker(2, writer, io.StringIO()), epochs=4)
    # three iterations an epoch: epochs start after 0, 3, 6 and 9
    assert [(e.step, e.value) for e in events("scalars", "train/warmup")] == [(0, 1), (3, 1), (6, 0), (9, 0)]
    assert [e.step for e in events("tensors", "warm-up/text_summary")] == [6]


def test_a_run_resumed_later_or_without_warm_up_says_nothing(engine_of):
    log = io.StringIO()
    run(engine_of, WarmupMarker(2, stream=log), epochs=5, resumed_at=3)
    run(engine_of, WarmupMarker(0, stream=log), epochs=2)
    assert log.getvalue() == ""


def test_standard_output_stays_clean(engine_of, capsys):
    run(engine_of, WarmupMarker(1), epochs=2)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "the warm-up is over" in captured.err


def test_a_validation_has_a_line_with_its_measures(engine_of):
    log, engine, validator = io.StringIO(), engine_of(), engine_of()
    Progress(log, every_s=1000, validator=validator).attach(engine)
    validator.state.metrics = {"psnr": 21.25, "spectrum": torch.ones(3)}
    validator.run(batches(1), max_epochs=1)
    assert log.getvalue() == "validation after epoch 1:  psnr 21.25\n"


@pytest.mark.parametrize(
    "batch",
    [
        {"image": torch.zeros(3, 1, 4, 4)},
        (torch.zeros(3, 1, 4, 4), torch.zeros(3)),
        [{"image": torch.zeros(1, 4, 4)}] * 3,
    ],
    ids=["by key", "images and labels", "decollated"],
)
def test_images_are_counted_in_every_form_of_a_batch(batch):
    assert _count(batch) == 3
