"""Evaluation of a run by its own configuration, and what it refuses."""

import csv

import pytest
import torch

from monai_blurvae.workflow import root_cause
from tests.bundle.conftest import read_json


def test_a_run_is_evaluated_on_the_test_split_by_its_own_configuration(run, tiny_weights, tmp_path, capsys):
    config = tiny_weights.with_name("config.json")
    run(
        f"./{config.relative_to(tmp_path)}",
        "evaluate.json",
        run_id="evaluating",
        run_name="evaluated",
        ckpt_path=str(tiny_weights),
    )
    folder = tmp_path / "bundle" / "runs" / "evaluated"
    printed = capsys.readouterr().out
    with (folder / "metrics.csv").open() as file:
        row = next(csv.DictReader(file))
    for name in ("psnr", "ssim", "kl", "active_units", "bits_per_dimension", "sharpness_samples"):
        assert name in printed
        assert float(row[name]) == pytest.approx(float(row[name]), nan_ok=False)
    assert (folder / "images" / "test.png").is_file()
    assert not (folder / "model.pt").exists()


def test_evaluation_draws_the_same_noise_every_time(run, tiny_weights, tmp_path):
    config = f"./{tiny_weights.with_name('config.json').relative_to(tmp_path)}"
    rows = []
    for name in ("one", "two"):
        run(config, "evaluate.json", run_id="evaluating", run_name=name, ckpt_path=str(tiny_weights))
        rows.append(read_json(tmp_path / "bundle" / "runs" / name / "metrics.json"))
    assert rows[0] == rows[1]


def test_missing_weights_say_which_command_makes_them(run):
    with pytest.raises(RuntimeError) as error:
        run("train.json", "evaluate.json", run_id="evaluating")
    assert "monai.bundle run training" in str(root_cause(error.value))


def test_weights_of_another_architecture_are_refused_by_tensor(run, tiny_weights):
    with pytest.raises(RuntimeError) as error:
        run(
            "train.json",
            "evaluate.json",
            run_id="evaluating",
            run_name="other",
            ckpt_path=str(tiny_weights),
            latent_size=7,
        )
    assert "wanted" in str(root_cause(error.value))


def test_the_scale_in_the_weights_was_fitted_on_training_data(tiny_weights):
    assert torch.load(tiny_weights, weights_only=True)["scale"] != 1


def test_an_unknown_split_is_refused(run, tiny_weights):
    with pytest.raises(RuntimeError) as error:
        run(
            "train.json",
            "evaluate.json",
            run_id="evaluating",
            run_name="other",
            ckpt_path=str(tiny_weights),
            split="tset",
        )
    assert "`split` must be one of train, val, test, got 'tset'" in str(root_cause(error.value))
