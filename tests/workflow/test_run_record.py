"""A run's folder says all that is needed to make the run again."""

import json
import re
from pathlib import Path

import pytest
import torch
from monai.bundle import ConfigParser

from monai_blurvae import __version__
from monai_blurvae.workflow import read_settings
from monai_blurvae.workflow.run_record import record_end


def test_a_run_records_seed_versions_and_duration(recorded):
    record_end(str(recorded))
    environment = json.loads((recorded / "environment.json").read_text())
    assert environment["seed"] == 3
    assert environment["versions"]["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert environment["versions"]["monai-blurvae"] == __version__
    assert "left_out" not in environment
    assert 0 <= environment["duration_s"] < 60


def record(folder, bundle_root=None, **config):
    """Record from inside a configuration, as a bundle does."""
    root = str(bundle_root or folder)
    call = f"$room.record_run({str(folder)!r}, {root!r}, 3, torch.device('cpu'))"
    parser = ConfigParser({**config, "record": call}, globals={"room": "monai_blurvae.workflow"})
    parser.get_parsed_content("record")


MADE = {
    "network_def": {"_target_": "monai_blurvae.networks.make_model", "settings": "@model_settings"},
    "reconstruction_loss": {"_target_": "monai_blurvae.losses.make_loss", "settings": "@loss_settings"},
}


def described(**override):
    """A configuration whose weights have settings, as the bundle's has."""
    return {
        "size": 16,
        "model_settings": {"image_size": "@size"},
        "loss_settings": {"name": "l2"},
        "weights_settings": {"model": "@model_settings", "loss": "@loss_settings", "beta": "$1 / 4"},
        **MADE,
        **override,
    }


def test_the_settings_of_weights_are_recorded_as_literals(tmp_path):
    (tmp_path / "model.pt").touch()
    record(tmp_path, **described())
    read = read_settings(tmp_path / "model.pt")
    assert (read.model.image_size, read.loss.name, read.beta) == (16, "l2", 0.25)


@pytest.mark.parametrize("part", ["network_def", "reconstruction_loss"])
@pytest.mark.parametrize(
    "other",
    [
        {"_target_": "torch.nn.Identity"},
        {"settings": {"channels": 3}},
        {"settings": {"channels": "$1 + 1"}},
        "$torch.nn.Identity()",
    ],
    ids=["component", "settings", "expression in settings", "expression"],
)
def test_the_settings_do_not_describe_what_the_configuration_replaced(tmp_path, part, other):
    (tmp_path / "model.pt").touch()
    record(tmp_path, **described(**{part: {**MADE[part], **other} if isinstance(other, dict) else other}))
    read = read_settings(tmp_path / "model.pt")
    assert (read.model is None) == (part == "network_def")
    assert (read.loss is None) == (part == "reconstruction_loss")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            {"size": 32},
            r"`model\.image_size` must stay what the run began with, 16 in .*settings\.json, got 32",
        ),
        ({"loss_settings": {"name": "l1"}}, r"`loss\.name` must stay .*'l2' in .*, got 'l1'"),
        (
            {"reconstruction_loss": {"_target_": "torch.nn.Identity"}},
            r"`loss\.name` must stay .*'l2' in .*, got None",
        ),
    ],
)
def test_a_resumed_run_of_other_settings_is_refused_and_changes_nothing(tmp_path, override, message):
    record(tmp_path, **described())
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(RuntimeError) as error:
        record(tmp_path, **described(**override))
    assert re.search(message, str(error.value.__cause__))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_settings_of_a_start_that_failed_bind_no_later_one(tmp_path):
    record(tmp_path, **described())
    for name in ("config.json", "model.pt"):
        (tmp_path / name).unlink(missing_ok=True)
    record(tmp_path, **described(size=32))
    (tmp_path / "model.pt").touch()
    assert read_settings(tmp_path / "model.pt").model.image_size == 32


def test_a_resumed_run_leaves_the_files_of_its_start_as_they_are(tmp_path):
    configs, folder = tmp_path / "configs", tmp_path / "run"
    configs.mkdir()
    folder.mkdir()
    names = ("metadata.json", "logging.conf", "settings.json")
    began = []
    for text in ('{"name": "first"}', '{"name": "second"}'):
        for name in names[:2]:
            (configs / name).write_text(text, encoding="utf-8")
        record(folder, tmp_path, **described())
        began.append({name: (folder / name).stat().st_mtime_ns for name in names})
    assert began[0] == began[1]
    assert json.loads((folder / "metadata.json").read_text(encoding="utf-8"))["name"] == "first"
    assert "first" in (folder / "logging.conf").read_text(encoding="utf-8")
    assert (folder / "config_resumed1.json").is_file()


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


def test_a_resumed_run_keeps_its_name(tmp_path):
    folder = tmp_path / "moved"
    folder.mkdir()
    record(folder, run_name="mine")
    for name in ("mine", "moved", "$'l2-' + '1'"):  # the last is a configuration's own
        record(folder, run_name=name)
    assert json.loads((folder / "config_resumed3.json").read_text())["run_name"] == "mine"
    with pytest.raises(RuntimeError) as error:
        record(folder, run_name="other")
    assert str(error.value.__cause__) == (
        "`run_name` must be left out beside `resume`, as the run in moved keeps its own, got 'other'"
    )
