"""A run's folder is made once and says all that is needed to make the run again."""

import json
from pathlib import Path

import pytest
import torch
from monai.bundle import ConfigParser

from monai_blurvae import __version__
from monai_blurvae.workflow import new_run_folder, setting
from monai_blurvae.workflow.run_folder import record_end


@pytest.fixture
def recorded(tmp_path):
    """A run's folder, recorded from inside a configuration as a bundle does."""
    folder = tmp_path / "run"
    folder.mkdir()
    call = f"$room.record_run({str(folder)!r}, {str(tmp_path)!r}, 3, torch.device('cpu'))"
    config = {"latent_size": 5, "features": "$[@latent_size, 7]", "record": call}
    ConfigParser(config, globals={"room": "monai_blurvae.workflow"}).get_parsed_content("record")
    return folder


def test_the_name_gets_the_time_and_the_folder_is_made(tmp_path):
    folder = new_run_folder(str(tmp_path / "runs"), "l2-{time}")
    assert folder.startswith(str(tmp_path / "runs" / "l2-20"))


def test_an_existing_run_is_refused(tmp_path):
    folder = new_run_folder(str(tmp_path), "one")
    assert new_run_folder(str(tmp_path), "one") == folder  # nothing has run there yet
    Path(folder, "config.json").write_text("{}")
    with pytest.raises(FileExistsError, match="a run is never written over, got 'one'"):
        new_run_folder(str(tmp_path), "one")


def test_resuming_takes_the_folder_up_and_refuses_what_is_no_run(tmp_path, recorded):
    assert new_run_folder("unused", "unused", str(recorded)) == str(recorded)
    with pytest.raises(FileNotFoundError, match="`resume` must be the folder of a run"):
        new_run_folder("unused", "unused", str(tmp_path))


@pytest.mark.parametrize("name", ["environment.json", "environment_resumed1.json"])
def test_resuming_a_run_of_another_version_is_refused_with_both_versions(recorded, name):
    (recorded / name).write_text('{"versions": {"monai-blurvae": "0.0.1"}}')
    said = rf"`resume` .* monai-blurvae {__version__} wrote.*, which monai-blurvae 0\.0\.1 wrote"
    with pytest.raises(ValueError, match=said):
        new_run_folder("unused", "unused", str(recorded))


def test_a_run_records_seed_versions_and_duration(recorded):
    record_end(str(recorded))
    environment = json.loads((recorded / "environment.json").read_text())
    assert environment["seed"] == 3
    assert environment["versions"]["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert environment["versions"]["monai-blurvae"] == __version__
    assert "left_out" not in environment
    assert 0 <= environment["duration_s"] < 60


def test_settings_are_read_beside_the_weights_and_their_expressions_evaluated(recorded, tmp_path):
    weights = str(recorded / "model.pt")
    assert setting(weights, "latent_size", 256) == 5
    assert setting(weights, "features", None) == [5, 7]
    assert setting(weights, "unknown", "default") == "default"
    assert setting(str(tmp_path / "model.pt"), "latent_size", 256) == 256
