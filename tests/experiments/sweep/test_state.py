"""How far a run is, and whether it is the one planned, is told from its folder."""

import json
import re

import pytest

from experiments.sweep import State, difference, read_sweep, state_of


def write(folder, **files):
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))


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
def run(write_sweep):
    return read_sweep(write_sweep())[-1]


@pytest.fixture
def made(run, tmp_path):
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
