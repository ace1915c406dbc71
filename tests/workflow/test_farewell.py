import pytest

from monai_blurvae.metrics import NotComputed
from monai_blurvae.workflow import say_metrics, say_where


def test_a_measure_without_a_number_is_said_with_its_reason(capsys):
    say_metrics({"psnr": 24.94321, "lpips": NotComputed("no weights")})
    assert capsys.readouterr().out.splitlines() == ["psnr   24.94", "lpips  not computed: no weights"]


def test_an_evaluation_names_its_measures_and_its_picture(tmp_path, capsys):
    (tmp_path / "test" / "images").mkdir(parents=True)
    for name in ("measures.json", "images/test.png"):
        (tmp_path / "test" / name).write_text("")
    say_where(str(tmp_path))
    printed = capsys.readouterr().out
    assert f"Measures:     {tmp_path / 'test' / 'measures.json'}" in printed
    assert f"Pictures:     {tmp_path / 'test' / 'images' / 'test.png'}\n" in printed
    (tmp_path / "test" / "images" / "another.png").touch()
    say_where(str(tmp_path))
    assert "test.png and 1 more\n" in capsys.readouterr().out


@pytest.mark.parametrize(("number", "lines"), [(2, 2), (5, 1)])
def test_few_volumes_are_named_one_by_one(tmp_path, capsys, number, lines):
    for i in range(number):
        (tmp_path / f"{i}_anomaly.nii.gz").touch()
    say_where(str(tmp_path))
    assert capsys.readouterr().out.count("Volumes:") == lines


def test_other_ranks_are_silent(tmp_path, capsys):
    say_where(str(tmp_path), rank=1)
    say_metrics({"psnr": 1.0}, rank=1)
    assert not capsys.readouterr().out


def test_a_command_names_further_files_that_it_wrote(tmp_path, capsys):
    for name in ("scores.csv", "maps.png"):
        (tmp_path / name).touch()
    say_where(str(tmp_path), files={"Scores": "scores.csv", "Maps": "maps.png", "Other": "none.md"})
    lines = capsys.readouterr().out.splitlines()[2:]
    assert lines == [
        f"Scores:       {tmp_path / 'scores.csv'}",
        f"Maps:         {tmp_path / 'maps.png'}",
    ]
