"""Evaluation of a run by its own configuration, and what it refuses."""

import math
import re
import shutil

import pytest
import torch
from monai.bundle import create_workflow

from monai_blurvae.workflow import root_cause
from tests.bundle.conftest import read_json


@pytest.fixture
def evaluate(run, tiny_weights, tmp_path):
    """Evaluate a run's weights by its own configuration, as the README's command does."""
    config = f"./{tiny_weights.with_name('config.json').relative_to(tmp_path)}"

    def go(**override):
        return run(
            config,
            "evaluate.json",
            run_id="evaluating",
            **{"run_name": None, "ckpt_path": str(tiny_weights), **override},
        )

    return go


def test_a_run_is_evaluated_on_the_test_split_by_its_own_configuration(evaluate, tmp_path, capsys):
    evaluate(run_name="evaluated")
    folder = tmp_path / "bundle" / "runs" / "evaluated"
    printed = capsys.readouterr().out
    measures = read_json(folder / "test" / "measures.json")["measures"]
    for name in ("psnr", "ssim", "kl", "active_units", "bits_per_dimension", "sharpness_samples"):
        assert name in printed
        assert math.isfinite(measures[name]["mean"])
    assert (folder / "test" / "images" / "test.png").is_file()
    assert not (folder / "model.pt").exists()


def test_an_evaluation_measures_what_the_run_measured_at_its_end(evaluate, tiny_weights, tmp_path):
    """The same definition, the same weights and their scale; convolutions may be laid out another way."""
    evaluate(run_name="evaluated")
    own, apart = (
        read_json(folder / "test" / "measures.json")
        for folder in (tiny_weights.parent, tmp_path / "bundle" / "runs" / "evaluated")
    )
    assert own["images"] == apart["images"]
    assert own["measures"].keys() == apart["measures"].keys()
    for name, entry in own["measures"].items():
        for part, value in entry.items():
            close = pytest.approx(value, rel=1e-3, abs=1e-5) if isinstance(value, float) else value
            assert apart["measures"][name][part] == close, name


def test_evaluations_go_beside_the_run_under_its_name_and_none_over_another(evaluate, tiny_weights, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in tiny_weights.parent.rglob("*") if path.is_file()}
    for override in ({}, {}, {"split": "val"}):
        evaluate(**override)
    runs = tmp_path / "bundle" / "runs"
    assert {path.name for path in runs.iterdir()} == {
        "weights",
        "weights-test",
        "weights-test2",
        "weights-val",
    }
    assert (runs / "weights-val" / "val" / "measures.json").is_file()
    after = {path: path.stat().st_mtime_ns for path in tiny_weights.parent.rglob("*") if path.is_file()}
    assert after == before


def test_evaluation_draws_the_same_noise_every_time(evaluate, tmp_path):
    contents = []
    for name in ("one", "two"):
        evaluate(run_name=name)
        contents.append(read_json(tmp_path / "bundle" / "runs" / name / "test" / "measures.json"))
    assert contents[0] == contents[1]


def test_the_scale_in_the_weight_file_is_the_one_that_counts(evaluate, tiny_weights, tmp_path):
    weights = torch.load(tiny_weights, weights_only=True)
    shutil.copy(tiny_weights.with_name("settings.json"), tmp_path)
    bits = []
    for factor in (1, 10):
        other = tmp_path / f"scaled{factor}.pt"
        torch.save({**weights, "scale": weights["scale"] * factor}, other)
        evaluate(ckpt_path=str(other), run_name=other.stem)
        content = read_json(tmp_path / "bundle" / "runs" / other.stem / "test" / "measures.json")
        bits.append(content["measures"]["bits_per_dimension"]["mean"])
    assert bits[1] > bits[0]  # a scale far above the fitted one wastes bits


def test_evaluation_alone_names_the_file_that_it_is_laid_over(bundle, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with (
        pytest.warns(UserWarning, match="Can't merge entry"),
        pytest.raises(RuntimeError) as error,
    ):
        create_workflow(config_file="bundle/configs/evaluate.json", run_id="evaluating", logging_file=False)
    assert "must name train.json" in str(root_cause(error.value))


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


def test_weights_are_judged_only_with_the_settings_that_they_were_trained_with(run, tmp_path):
    run(epochs=1, loss="wiener_fixed")
    weights = tmp_path / "bundle" / "runs" / "run" / "model.pt"
    refused = [
        ({"loss": "l2"}, "`loss.name` must stay what the run began with, 'wiener_fixed' in .*, got 'l2'"),
        ({"C": 0.5}, "`loss.C` must stay what the run began with, None in .*, got 0.5"),
        ({}, r"`weights` must have their settings\.json beside them"),
    ]
    for override, message in refused:
        if not override:
            weights.with_name("settings.json").unlink()
        files = ("bundle/runs/run/config.json", "evaluate.json")
        with pytest.raises(RuntimeError) as error:
            run(*files, run_id="evaluating", run_name="other", ckpt_path=str(weights), **override)
        assert re.search(message, str(root_cause(error.value)))
        assert not (tmp_path / "bundle" / "runs" / "other" / "config.json").exists()


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
