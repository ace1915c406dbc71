"""`blurvae`: what each short name stands for, and what is refused."""

import sys
from pathlib import Path

import pytest

from monai_blurvae import __version__
from monai_blurvae.workflow import cli

TRAINING = ["run", "training", "--config_file", "bundle/configs/train.json"]


@pytest.fixture
def started(monkeypatch, tmp_path):
    """A folder with a bundle; what would have been started."""
    (tmp_path / "bundle" / "configs").mkdir(parents=True)
    for name in ("train.json", "inference.json", "reconstruct.json"):
        (tmp_path / "bundle" / "configs" / name).write_text("{}", encoding="utf-8")
    (tmp_path / "narrow.yaml").write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    runs = []
    monkeypatch.setattr(cli.runpy, "run_module", lambda module, **_: runs.append((module, sys.argv[1:])))
    monkeypatch.setattr(sys, "argv", ["blurvae"])
    return runs


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["train"], TRAINING),
        (
            ["train", "narrow.yaml", "--seed", "1"],
            [
                "run",
                "training",
                "--config_file",
                "['bundle/configs/train.json','narrow.yaml']",
                "--seed",
                "1",
            ],
        ),
        (
            ["infer", "--dataset_dir", "d"],
            ["run", "--config_file", "bundle/configs/inference.json", "--dataset_dir", "d"],
        ),
        (
            ["reconstruct", "--kspace", "k.npy"],
            ["run", "reconstruct", "--config_file", "bundle/configs/reconstruct.json", "--kspace", "k.npy"],
        ),
    ],
)
def test_a_short_name_is_the_documented_command(started, capsys, words, command):
    assert cli.main(words) == 0
    assert started == [("monai.bundle", command)]
    assert capsys.readouterr().out.startswith("+ python -m monai.bundle run ")


@pytest.mark.parametrize(
    ("words", "setting"),
    [(["settings"], "epochs"), (["train", "--help"], "epochs"), (["infer", "--help"], "overlap")],
)
def test_settings_are_printed_without_a_warning_and_nothing_is_started(
    started, capsys, monkeypatch, words, setting
):
    monkeypatch.chdir(Path(__file__).parents[2])
    assert cli.main(words) == 0
    printed = capsys.readouterr()
    assert f"--{setting} (" in printed.out
    assert printed.err == ""
    assert started == []


def test_inside_the_bundle_the_files_are_found_too(started, monkeypatch):
    monkeypatch.chdir("bundle")
    assert cli.main(["train"]) == 0
    assert started[0][1][-1] == "configs/train.json"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["trian"], "got 'trian' (did you mean `train`?)"),
        (["train", "wide.yaml"], "got no file 'wide.yaml'"),
    ],
)
def test_what_is_unknown_is_refused(started, capsys, words, said):
    assert cli.main(words) == 2
    assert said in capsys.readouterr().err
    assert started == []


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.yaml", b"beta: [1", "got while parsing a flow sequence in "),
        ("a.json", b'{"beta": 1,}', "got Expecting property name enclosed in double quotes"),
        ("a.yaml", b"", "got None"),
        ("a.yaml", b"- 1\n- 2", "got [1, 2]"),
        ("a.yaml", b"1: 2", "got {1: 2}"),
        ("a.yaml", b"\xff\xfe", "got 'utf-8' codec can't decode byte 0xff"),
        ("a.txt", b"beta: 1", "got unknown file input"),
        ("a.yaml", b"beta: '%nothing'", "got 'query key: nothing'"),
        ("a.yaml", b"beta: '%nowhere.yaml::beta'", "got [Errno 2] No such file or directory: 'nowhere.yaml'"),
    ],
)
@pytest.mark.parametrize("option", [(), ("--config_file",)])
def test_a_file_that_monai_cannot_read_is_refused_in_one_sentence(
    started, capsys, tmp_path, option, name, content, said
):
    (tmp_path / name).write_bytes(content)
    assert cli.main(["train", *option, name]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith(f"{name} must be JSON or YAML of settings by name")
    assert said in printed
    assert printed.count("\n") == 1
    assert started == []


@pytest.mark.parametrize(
    "given",
    ["--config_file=nowhere.json", "--config_file=['narrow.yaml','nowhere.json']"],
)
def test_a_file_given_as_an_option_must_exist(started, capsys, given):
    assert cli.main(["train", given]) == 2
    assert "nowhere.json must be JSON or YAML of settings by name" in capsys.readouterr().err
    assert cli.main(["train", "--config_file", "['narrow.yaml']"]) == 0


def test_without_a_bundle_it_says_how_to_get_one(started, capsys, monkeypatch):
    monkeypatch.chdir(Path("bundle", "configs"))
    assert cli.main(["train"]) == 2
    assert "`blurvae init DIR` writes one" in capsys.readouterr().err


def test_without_words_it_lists_its_commands(started, capsys):
    assert cli.main([]) == 0
    assert {"init", *cli.COMMANDS} <= set(capsys.readouterr().out.split())
    assert cli.main(["--version"]) == 0
    assert __version__ in capsys.readouterr().out
