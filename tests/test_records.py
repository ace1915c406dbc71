from monai_blurvae.records import records


def test_the_latest_resumption_is_last_also_beyond_nine(tmp_path):
    names = ["config.json", *(f"config_resumed{number}.json" for number in range(1, 12))]
    for name in (*names, "config_resumed.json", "environment.json", "config_resumed1.json.part"):
        (tmp_path / name).write_text("{}")
    assert [path.name for path in records(tmp_path, "config.json")] == names


def test_a_folder_of_no_run_has_none(tmp_path):
    assert records(tmp_path / "nowhere", "config.json") == []
