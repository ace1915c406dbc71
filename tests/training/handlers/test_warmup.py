import io

from monai_blurvae.training.handlers import WarmupMarker


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
