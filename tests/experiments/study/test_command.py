import json

import pytest

from experiments.study.__main__ import main


def words(config, volumes, out, *more):
    return [str(config), "--dataset_dir", str(volumes), "--output_dir", str(out), *more]


@pytest.fixture
def quick(content):
    content["conditions"] = {"lines": ["uniform"], "coils": [1], "noise_db": [30], "acceleration": [2]}
    content["methods"] = content["methods"][:1]
    content["aim"] = {**content["aim"], "method": "zero-filled"}
    return content


def test_one_command_computes_and_reports_and_a_second_only_reports(
    write_config, quick, volumes, tmp_path, capsys
):
    config, out = write_config(quick), tmp_path / "out"
    assert main(words(config, volumes, out)) == 0
    assert "4 reconstructions to do, in 1 conditions" in capsys.readouterr().out
    page = (out / "report.md").read_text()
    assert "sub-03, sub-04" in page
    assert json.loads((out / "study.json").read_text())["held_out"] == 1
    assert main(words(config, volumes, out)) == 0
    assert "0 reconstructions to do" in capsys.readouterr().out
    (out / "report.md").unlink()
    assert main(["--report_only", "--output_dir", str(out)]) == 0
    assert (out / "report.md").read_text() == page


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--part", "3/2"), "`part` must be N/M with N from 1 to M, got '3/2'"),
        (("--part", "half"), "`part` must be N/M"),
    ],
)
def test_bad_arguments_end_with_a_line_that_names_them(
    write_config, quick, volumes, tmp_path, capsys, more, message
):
    with pytest.raises(SystemExit):
        main(words(write_config(quick), volumes, tmp_path / "out", *more))
    assert message in capsys.readouterr().err


def test_a_study_without_a_file_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["--output_dir", str(tmp_path)])
    assert "`config` must be a YAML file, got none" in capsys.readouterr().err
