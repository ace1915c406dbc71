"""A sweep trains what is left, whatever became of the rest; the runs here are small scripts."""

import fcntl
import json
import os
import sys
from pathlib import Path

import pytest

from experiments.sweep import Outcome, read_sweep, run_sweep, runner
from experiments.sweep.__main__ import main
from monai_blurvae import __version__

FINISH = """
import json, pathlib, sys
folder, config, fails = pathlib.Path(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3]
print("argument", *sys.argv[5:])
folder.mkdir(exist_ok=True)
(folder / "config.json").write_text(json.dumps(config))
environment = {"versions": {"monai-blurvae": sys.argv[4]}} | ({} if fails else {"finished": "now"})
(folder / "environment.json").write_text(json.dumps(environment))
sys.exit("Caused by ValueError: so it is") if fails == "loud" else None
"""
"""What training leaves behind, without the training."""


@pytest.fixture
def sweep(write_sweep, tmp_path, monkeypatch):
    """Run the sweep's file with scripts for trainings; those named in `failing` fail, in that manner."""
    failing: dict[str, str] = {}
    started: list[tuple[str, bool]] = []

    def scripted(run, output_dir, overrides, resume=False):
        started.append((run.name, resume))
        loss = run.files[-1].stem.removeprefix("loss_")
        config = {"epochs": 3, "features": [4, 8], "loss": loss, **run.settings}
        folder = str(Path(output_dir, run.name))
        manner = failing.get(run.name, "")
        return [sys.executable, "-c", FINISH, folder, json.dumps(config), manner, __version__, "given"]

    monkeypatch.setattr(runner, "command_line", scripted)
    runs = read_sweep(write_sweep())[4:]

    def go():
        started.clear()
        return run_sweep(runs, tmp_path / "runs", {})

    go.failing, go.started, go.folder = failing, started, tmp_path / "runs"
    go.names = [run.name for run in runs]
    return go


def test_every_run_is_trained_once_with_its_output_in_its_log_and_a_line_that_says_how_many_are_left(
    sweep, capsys
):
    assert sweep() == dict.fromkeys(sweep.names, Outcome.TRAINED)
    assert "argument given" in (sweep.folder / f"{sweep.names[0]}.log").read_text()
    said = capsys.readouterr().out
    for left, name in zip((2, 1, 0), sweep.names, strict=True):
        assert f"[{3 - left}/3] {name}: trained in 0:00:0" in said
        assert f", {left} left\n" in said
    assert sweep() == dict.fromkeys(sweep.names, Outcome.SKIPPED)
    assert sweep.started == []
    assert f"{sweep.names[0]}: finished before" in capsys.readouterr().out


@pytest.mark.parametrize("manner", ["loud", "silent"])
def test_a_failing_run_is_shown_with_its_last_lines_and_the_others_go_on(sweep, capsys, manner):
    sweep.failing[sweep.names[1]] = manner
    outcomes = sweep()
    assert list(outcomes.values()) == [Outcome.TRAINED, Outcome.FAILED, Outcome.TRAINED]
    said = capsys.readouterr().out
    assert f"exit status {int(manner == 'loud')}, the last lines of" in said
    assert ("    Caused by ValueError: so it is\n" in said) == (manner == "loud")


def test_a_run_with_a_checkpoint_is_resumed_and_one_without_begins_anew(sweep, capsys):
    sweep.failing.update(dict.fromkeys(sweep.names[:2], "loud"))
    sweep()
    (sweep.folder / sweep.names[0] / "checkpoint.pt").touch()
    (sweep.folder / sweep.names[1] / "picture.png").touch()
    sweep.failing.clear()
    assert set(sweep().values()) == {Outcome.TRAINED, Outcome.SKIPPED}
    assert sweep.started == [(sweep.names[0], True), (sweep.names[1], False)]
    assert not (sweep.folder / sweep.names[1] / "picture.png").exists()
    aside = sweep.folder / f"{sweep.names[1]}.stopped1"
    assert f"begins anew; what was there is in {aside}" in capsys.readouterr().out
    assert (aside / "picture.png").is_file()


def test_what_stopped_twice_is_kept_twice(sweep):
    sweep.failing[sweep.names[0]] = "loud"
    for _ in range(3):
        sweep()
    kept = sorted(path.name for path in sweep.folder.glob("*.stopped*"))
    assert kept == [f"{sweep.names[0]}.stopped{number}" for number in (1, 2)]


@pytest.mark.parametrize("finished", [True, False])
def test_a_run_of_another_version_has_failed(sweep, write_sweep, capsys, finished):
    sweep()
    folder = sweep.folder / sweep.names[0]
    record = {"versions": {"monai-blurvae": "0.0.1"}} | ({"finished": "now"} if finished else {})
    (folder / "environment.json").write_text(json.dumps(record))
    (folder / "checkpoint.pt").touch()
    assert list(sweep().values()) == [Outcome.FAILED, Outcome.SKIPPED, Outcome.SKIPPED]
    said = f"monai-blurvae 0.0.1 wrote what is in its folder, and {__version__} is in use"
    assert said in capsys.readouterr().out
    main([str(write_sweep()), "-o", str(sweep.folder), "--dry_run"])
    assert f"# {sweep.names[0]}: {said}\n" in capsys.readouterr().out


def test_a_run_that_another_process_makes_is_left_to_it(sweep):
    sweep.folder.mkdir()
    with (sweep.folder / f"{sweep.names[0]}.log").open("ab") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        outcomes = sweep()
    assert list(outcomes.values()) == [Outcome.ELSEWHERE, Outcome.TRAINED, Outcome.TRAINED]
    assert sweep()[sweep.names[0]] is Outcome.TRAINED


def test_the_folder_of_another_run_is_left_alone_and_the_difference_named(sweep, capsys):
    sweep()
    path = sweep.folder / sweep.names[2] / "config.json"
    path.write_text(path.read_text().replace('"l1"', '"l2"'))
    assert sweep()[sweep.names[2]] is Outcome.FAILED
    assert sweep.started == []
    assert "another run is in its folder, `loss` is 'l2'" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["config.json", "environment.json"])
def test_a_folder_with_a_record_cut_off_fails_alone(sweep, capsys, name):
    sweep()
    (sweep.folder / sweep.names[0] / name).write_text('{"started"')
    assert list(sweep().values()) == [Outcome.FAILED, Outcome.SKIPPED, Outcome.SKIPPED]
    assert f"{name} must be a run's" in capsys.readouterr().out


def test_an_output_that_is_a_file_is_refused(write_sweep, tmp_path, capsys):
    (tmp_path / "runs").touch()
    with pytest.raises(SystemExit):
        main([str(write_sweep()), "-o", str(tmp_path / "runs")])
    assert "`output` must be a folder that can be written" in capsys.readouterr().err


def test_a_dry_run_prints_the_commands_and_writes_nothing(write_sweep, tmp_path, capsys):
    output = tmp_path / "runs"
    assert main([str(write_sweep()), "-o", str(output), "--dry_run", "--dataset_dir", "here"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 7
    assert all("-m monai.bundle run training" in line and "--dataset_dir here" in line for line in lines)
    assert not output.exists()


def test_a_dry_run_whose_reader_stops_reading_ends_well(write_sweep, tmp_path, monkeypatch):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        monkeypatch.setattr("sys.stdout", closed)
        assert main([str(write_sweep()), "-o", str(tmp_path / "runs"), "--dry_run"]) == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--epoks"], "`epoks` must have a value"),
        (["--epoks", "3"], "got unknown `epoks` (did you mean `epochs`?)"),
        (["--dry_run", "--trian::x", "3"], "got unknown `trian::x` (did you mean `train`?)"),
        (["--beta", "1"], "`beta` must be left to the sweep"),
    ],
)
def test_a_mistake_on_the_command_line_ends_it_with_status_2(write_sweep, capsys, words, message):
    with pytest.raises(SystemExit) as error:
        main([str(write_sweep()), "-o", "runs", *words])
    assert error.value.code == 2
    assert message in capsys.readouterr().err
