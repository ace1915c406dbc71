import json

import pytest

from monai_blurvae import __version__
from monai_blurvae.records import other_version, read_record, records, written_by_another


def test_the_latest_resumption_is_last_also_beyond_nine(tmp_path):
    names = ["config.json", *(f"config_resumed{number}.json" for number in range(1, 12))]
    for name in (*names, "config_resumed.json", "environment.json", "config_resumed1.json.part"):
        (tmp_path / name).write_text("{}")
    assert [path.name for path in records(tmp_path, "config.json")] == names


def test_a_folder_of_no_run_has_none(tmp_path):
    assert records(tmp_path / "nowhere", "config.json") == []


def test_another_version_is_named_and_this_one_is_not(tmp_path):
    assert other_version({"versions": {"monai-blurvae": __version__}}) is None
    assert other_version({"versions": {"monai-blurvae": "0.0.1"}}) == "monai-blurvae 0.0.1"
    for record in ({}, {"versions": None}, {"versions": {}}):
        assert other_version(record) == "monai-blurvae of an unknown version"
    assert written_by_another(tmp_path) is None


def test_one_part_of_another_version_makes_the_run_one_of_another(tmp_path):
    for name, version in (("environment.json", __version__), ("environment_resumed1.json", "0.0.1")):
        (tmp_path / name).write_text(json.dumps({"versions": {"monai-blurvae": version}}))
    assert written_by_another(tmp_path) == "monai-blurvae 0.0.1"


@pytest.mark.parametrize("content", ['{"cut', "[]"])
def test_a_record_cut_off_is_refused_by_name(tmp_path, content):
    (tmp_path / "environment.json").write_text(content)
    with pytest.raises(ValueError, match=r"environment\.json must be a run's record"):
        read_record(tmp_path / "environment.json")
