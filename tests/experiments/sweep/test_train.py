"""A run is trained once, resumed where it stopped, and refused where another one lies; by small scripts."""

import json
import re
import sys
from pathlib import Path

import pytest

from experiments.sweep import State, command_line, difference, read_sweep, state_of, train
from experiments.sweep.__main__ import main
from monai_blurvae import __version__

FINISH = """
import json, pathlib, sys
folder, config, fails = pathlib.Path(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3]
folder.mkdir(exist_ok=True)
(folder / "config.json").write_text(json.dumps(config))
environment = {"versions": {"monai-blurvae": sys.argv[4]}} | ({} if fails else {"finished": "now"})
(folder / "environment.json").write_text(json.dumps(environment))
sys.exit(fails == "loud")
"""
"""What training leaves behind, without the training."""


@pytest.fixture
def run(write_sweep):
    return read_sweep(write_sweep())[-1]


@pytest.fixture
def go(run, tmp_path, monkeypatch):
    """Train the run by a script that fails in the manner given; tell whether it was resumed."""
    runs = tmp_path / "runs"
    runs.mkdir()

    def attempt(manner=""):
        def scripted(planned, output_dir, overrides, resume=False):
            resumed.append(resume)
            config = {"epochs": 3, "features": [4, 8], "loss": "l1", **planned.settings}
            folder = str(Path(output_dir, planned.name))
            return [sys.executable, "-c", FINISH, folder, json.dumps(config), manner, __version__]

        monkeypatch.setattr(sys.modules[train.__module__], "command_line", scripted)
        return train(run, runs, {})

    resumed: list[bool] = []
    attempt.folder, attempt.resumed = runs / run.name, resumed
    return attempt


def write(folder, **files):
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))


def test_a_run_is_trained_once(go):
    assert go() is State.NEW
    assert go() is State.FINISHED
    assert go.resumed == [False]


@pytest.mark.parametrize("manner", ["loud", "silent"])
def test_a_training_that_did_not_finish_has_failed(go, manner):
    with pytest.raises(RuntimeError, match=f"did not finish, exit code {int(manner == 'loud')}"):
        go(manner)


def test_a_run_with_a_checkpoint_is_resumed_and_one_without_is_moved_aside_and_begins_anew(go, capsys):
    for _ in range(2):
        with pytest.raises(RuntimeError):
            go("loud")
    assert "stopped before its first checkpoint" in capsys.readouterr().out
    with pytest.raises(RuntimeError):
        go("loud")
    names = sorted(path.name for path in go.folder.parent.iterdir())
    assert names == [go.folder.name, f"{go.folder.name}.stopped1", f"{go.folder.name}.stopped2"]
    (go.folder / "checkpoint.pt").touch()
    assert go() is State.STOPPED
    assert go.resumed == [False, False, False, True]


@pytest.mark.parametrize("finished", [True, False])
def test_a_run_of_another_version_is_refused(go, finished):
    go()
    record = {"versions": {"monai-blurvae": "0.0.1"}} | ({"finished": "now"} if finished else {})
    write(go.folder, environment=record)
    (go.folder / "checkpoint.pt").touch()
    with pytest.raises(ValueError, match=f"monai-blurvae 0.0.1 wrote .*, and {__version__} is in use"):
        go()


def test_the_folder_of_another_run_is_left_alone_and_the_difference_named(go):
    go()
    path = go.folder / "config.json"
    path.write_text(path.read_text().replace('"l1"', '"l2"'))
    with pytest.raises(ValueError, match="another run is in its folder, `loss` is 'l2'"):
        go()
    assert go.resumed == [False]


@pytest.mark.parametrize("name", ["config.json", "environment.json"])
def test_a_record_cut_off_is_named(go, name):
    go()
    (go.folder / name).write_text('{"started"')
    with pytest.raises(ValueError, match=f"{name} must be a run's record"):
        go()


def test_a_run_goes_from_new_through_begun_and_stopped_to_finished_and_back(tmp_path):
    folder = tmp_path / "run"
    assert state_of(folder) is State.NEW
    folder.mkdir()
    assert state_of(folder) is State.NEW  # a refused start leaves an empty folder
    write(folder, config={}, environment={"started": "now"})
    assert state_of(folder) is State.BEGUN
    (folder / "checkpoint.pt").touch()
    assert state_of(folder) is State.STOPPED
    write(folder, environment={"started": "now", "finished": "then"})
    assert state_of(folder) is State.FINISHED
    write(folder, environment_resumed2={"started": "again"}, environment_resumed10={"finished": "at last"})
    assert state_of(folder) is State.FINISHED
    write(folder, environment_resumed11={"started": "again"})
    assert state_of(folder) is State.STOPPED


@pytest.fixture
def made(tmp_path):
    """The folder of that run, as its configuration came out."""

    def make(**changes):
        config = {"loss": "l1", "scale": 1.0, "beta": 1.0, "seed": 0, "epochs": 3, "features": [4, 8]}
        write(tmp_path / "run", config={**config, "dataset_dir": "here", "device": "cpu", **changes})
        return tmp_path / "run"

    return make


def test_the_run_planned_is_recognised_wherever_it_is_made(run, made):
    assert difference(run, made(), {"dataset_dir": "here", "device": "cuda"}) is None


def test_defaults_of_the_bundles_own_file_may_move(run, made, tmp_path):
    (tmp_path / "train.json").write_text('{"scale": "optimal", "beta": 1.0, "learning_rate": 1.0}')
    assert difference(run, made(), {}) is None


@pytest.mark.parametrize(
    ("changes", "overrides", "message"),
    [
        ({"loss": "l2"}, {}, "`loss` is 'l2' in .*run, not 'l1'"),
        ({"seed": 1}, {}, "`seed` is 1 in"),
        ({"features": [4, 4]}, {}, "`features` is .4, 4. in .*, not .4, 8."),
        ({}, {"epochs": "5"}, "`epochs` is 3 in .*, not 5"),
        ({}, {"dataset_dir": "there"}, "`dataset_dir` is 'here' in .*, not 'there'"),
        ({}, {"latent_size": "5"}, "`latent_size` is None in .*, not 5"),
    ],
)
def test_another_run_is_told_by_the_setting_that_differs(run, made, changes, overrides, message):
    assert re.match(message, difference(run, made(**changes), overrides))


def test_the_command_is_the_one_a_user_would_type(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = run._replace(settings={"beta": 0.5, "loss": "2"})
    words = command_line(run, "runs", {"dataset_dir": "here"}, resume=True)
    assert words[1:6] == ["-m", "monai.bundle", "run", "training", "--config_file"]
    assert words[6] == "['train.json','brain.yaml','loss_l1.yaml']"
    settings = dict(zip(words[7::2], words[8::2], strict=True))
    assert settings["--loss"] == "'2'"  # text stays text
    assert (settings["--beta"], settings["--dataset_dir"]) == ("0.5", "here")
    assert settings["--resume"] == str(Path("runs", run.name))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["loss_l3"], "`name` must be a run of .*, got 'loss_l3'"),
        (["loss_l1-beta1-scale1.0-seed0", "--set", "beta=3"], "`beta` must be left to the sweep"),
        (["loss_l1-beta1-scale1.0-seed0", "--set", "run_name=3"], "`run_name` must be left to the sweep"),
    ],
)
def test_a_mistake_on_the_command_line_ends_it_with_a_message(write_sweep, tmp_path, capsys, words, message):
    with pytest.raises(SystemExit):
        main([str(write_sweep()), *words, "-o", str(tmp_path / "runs")])
    assert re.search(message, capsys.readouterr().err)
