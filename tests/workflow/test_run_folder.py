"""A run's folder is made once and says all that is needed to make the run again."""

import json
from pathlib import Path

import pytest
import torch
from monai.bundle import ConfigParser

from monai_blurvae import __version__
from monai_blurvae.workflow import new_run_folder, read_settings
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
    Path(folder, "config.json").write_text("{}", encoding="utf-8")
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


def record(folder, **config):
    """Record from inside a configuration, as a bundle does."""
    call = f"$room.record_run({str(folder)!r}, {str(folder)!r}, 3, torch.device('cpu'))"
    parser = ConfigParser({**config, "record": call}, globals={"room": "monai_blurvae.workflow"})
    parser.get_parsed_content("record")


def test_the_settings_of_weights_are_recorded_as_literals(tmp_path):
    (tmp_path / "model.pt").touch()
    settings = {"model": {"image_size": "@size"}, "loss": {"name": "l2"}, "beta": "$1 / 4"}
    record(
        tmp_path,
        size=16,
        weights_settings=settings,
        network_def={"_target_": "monai_blurvae.networks.make_model"},
        reconstruction_loss={"_target_": "monai_blurvae.losses.make_loss"},
    )
    read = read_settings(tmp_path / "model.pt")
    assert (read.model.image_size, read.loss.name, read.beta) == (16, "l2", 0.25)


@pytest.mark.parametrize("part", ["network_def", "reconstruction_loss"])
def test_the_settings_do_not_describe_what_the_configuration_replaced(tmp_path, part):
    (tmp_path / "model.pt").touch()
    made = {
        "network_def": {"_target_": "monai_blurvae.networks.make_model"},
        "reconstruction_loss": {"_target_": "monai_blurvae.losses.make_loss"},
    }
    made[part] = {"_target_": "torch.nn.Identity"}
    record(tmp_path, weights_settings={"model": {}, "loss": {}}, **made)
    read = read_settings(tmp_path / "model.pt")
    assert (read.model is None) == (part == "network_def")
    assert (read.loss is None) == (part == "reconstruction_loss")


def test_a_record_is_written_whole_or_not_at_all(recorded, monkeypatch):
    """A disk that is full in the middle of a record leaves the one that was there."""
    path = recorded / "environment.json"
    before = path.read_text(encoding="utf-8")

    write = Path.write_bytes

    def full_disk(self, content):
        write(self, content[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OSError, match=r"could not write environment\.json"):
        record_end(str(recorded))
    assert path.read_text(encoding="utf-8") == before
    assert sorted(file.name for file in recorded.iterdir()) == ["config.json", "environment.json"]


def test_a_resumed_run_records_its_own_configuration_beside_the_first(tmp_path):
    record(tmp_path, epochs=1)
    record(tmp_path, epochs=3)
    first, second = (
        json.loads((tmp_path / name).read_text()) for name in ("config.json", "config_resumed1.json")
    )
    assert (first["epochs"], second["epochs"]) == (1, 3)
