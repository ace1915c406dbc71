"""A run's command line is what a user would type."""

import shlex
import sys
from pathlib import Path

import pytest
from fire.parser import DefaultParseValue

from experiments.sweep import PlannedRun, command_line, read_overrides
from experiments.sweep.command import as_word

FILES = ("train.json", "loss_l2.yaml")


def planned(**settings) -> PlannedRun:
    return PlannedRun("one", tuple(Path.cwd() / name for name in FILES), settings)


def test_the_command_is_the_one_of_the_pages():
    words = command_line(planned(beta=0.5, seed=0), "runs", {"dataset_dir": "t1 brain"})
    assert shlex.join(words[1:]) == (
        "-m monai.bundle run training --config_file '['\"'\"'train.json'\"'\"','\"'\"'loss_l2.yaml'\"'\"']' "
        "--output_dir runs --run_name one --beta 0.5 --seed 0 --dataset_dir 't1 brain'"
    )
    assert words[0] == sys.executable


def test_a_run_to_go_on_with_is_resumed_by_its_folder():
    assert command_line(planned(), "runs", {}, resume=True)[-2:] == ["--resume", str(Path("runs", "one"))]


@pytest.mark.parametrize(
    "value", [1, 0.001, 1e-7, True, None, "l2", "1", "None", "C=0.1, no scale", "[1", ""]
)
def test_the_command_line_reads_every_setting_back_as_it_was(value):
    """Fire parses the words of MONAI's bundle."""
    assert DefaultParseValue(as_word(value)) == value


def test_further_settings_reach_every_run_in_either_form():
    words = ["--dataset_dir", "here", "--epochs=2", "--C", "-1"]
    assert read_overrides(words, [planned()]) == {"dataset_dir": "here", "epochs": "2", "C": "-1"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["here"], "must be given as --name value, got 'here'"),
        (["--"], "must be given as --name value, got '--'"),
        (["--epochs"], "`epochs` must have a value"),
        (["--epochs", "--beta"], "`epochs` must have a value"),
        (["--run_name", "mine"], "`run_name` must be left to the sweep, which sets it for every run"),
        (["--beta", "2"], "`beta` must be left to the sweep, which sets it in entry 1 of `runs`, got --beta"),
        (["--scale", "2"], "which sets it in entry 2 of `runs`, got --scale"),
    ],
)
def test_a_setting_that_is_none_or_the_sweeps_own_is_refused(words, message):
    with pytest.raises(ValueError, match=message):
        read_overrides(words, [planned(beta=1.0), planned(beta=1.0, scale=1.0)._replace(entry=2)])
