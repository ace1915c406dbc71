"""The anomaly study: a table of scores, maps, AUROC printed, with the bundle's own configuration."""

import csv

import pytest

from monai_blurvae.workflow import root_cause
from tests.bundle.conftest import read_json

CORRUPTIONS = [
    {"_target_": "experiments.anomaly.Lesion", "diameter": 6, "contrast": 0.3},
    {"_target_": "experiments.anomaly.MotionArtefact", "degrees": 3, "pixels": 3},
]
COLUMNS = ("elbo", "elbo_top", "whitened", "bias", "error", "error_top")


def judge(run, weights, **override):
    settings = {
        "ckpt_path": str(weights),
        "slices": 2,
        "min_brain": 0.25,
        "corruptions": CORRUPTIONS,
    } | override
    return run("anomaly.json", run_id="anomaly", **settings)


def test_the_command_scores_the_test_subjects_and_prints_what_they_detect(
    run, tiny_weights, tmp_path, capsys
):
    run(epochs=1, run_name="l2", loss="l2")
    l2_weights = tmp_path / "bundle" / "runs" / "l2" / "model.pt"
    capsys.readouterr()
    judge(run, tiny_weights, l2_weights=str(l2_weights))
    folder = tmp_path / "bundle" / "runs" / "run"
    with (folder / "anomaly.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["subject"] for row in rows] == ["sub-03"] * 6 + ["sub-04"] * 6
    assert {row["corruption"] for row in rows} == {
        "clean", "lesion of 6 px, +30 %", "2 movements, up to 3 degrees and 3 px"
    }  # fmt: skip
    for model in ("model", "l2_model"):
        assert all(row[f"{model}_{name}"] for row in rows for name in COLUMNS)
    printed = capsys.readouterr().out
    assert (folder / "anomaly.md").read_text() in printed
    for name in ("anomaly.md", "anomaly.png", "anomaly.csv"):
        assert f"bundle/runs/run/{name}\n" in printed
    lead = read_json(folder / "anomaly.json")["damage"]["lesion of 6 px, +30 %"]["lead"]["model_elbo"]
    assert set(lead) == {"intensity", "model_error", "l2_model_error"}


def test_without_other_weights_there_is_one_model_and_the_run_is_a_function_of_its_seed(
    run, tiny_weights, tmp_path
):
    tables = []
    for name in ("one", "two"):
        judge(run, tiny_weights, run_name=name, split="train")
        tables.append((tmp_path / "bundle" / "runs" / name / "anomaly.csv").read_text())
    assert tables[0] == tables[1]
    assert "l2_model" not in tables[0]


@pytest.mark.parametrize("settings", [{"slice": 2}, {"l2_weight": "model.pt"}])
def test_a_misspelt_setting_is_refused_before_anything_is_written(start, tiny_weights, tmp_path, settings):
    with pytest.raises(RuntimeError) as error:
        start("anomaly.json", run_id="anomaly", ckpt_path=str(tiny_weights), **settings)
    assert f"unknown `{next(iter(settings))}`" in str(root_cause(error.value))
    assert not (tmp_path / "bundle" / "runs" / "run").exists()


def test_a_model_that_is_no_likelihood_is_refused_before_anything_is_written(run, tmp_path):
    run(epochs=1, run_name="ssim", loss="ssim")
    with pytest.raises(RuntimeError) as error:
        judge(run, tmp_path / "bundle" / "runs" / "ssim" / "model.pt")
    assert "`loss` must be a likelihood" in str(root_cause(error.value))
    assert not (tmp_path / "bundle" / "runs" / "run").exists()


def test_a_missing_folder_is_refused_before_anything_is_written(run, tiny_weights, tmp_path):
    with pytest.raises(RuntimeError) as error:
        judge(run, tiny_weights, dataset_dir=str(tmp_path / "nowhere"))
    assert "nowhere" in str(root_cause(error.value))
    assert not (tmp_path / "bundle" / "runs" / "run").exists()
