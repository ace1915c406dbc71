"""MONAI's own options work with the bundle: experiment tracking, metadata, logging, ids of the user's own."""

import csv
import re

import pytest
from monai.bundle import ConfigParser

from tests.bundle.conftest import BUNDLE, TINY, read_json

CONFIGS = sorted({*(BUNDLE / "configs").glob("*.json")} - {BUNDLE / "configs" / "metadata.json"})


def test_a_run_is_tracked_by_mlflow_in_a_local_file(run, tmp_path):
    mlflow = pytest.importorskip("mlflow")
    run(
        epochs=2,
        tracking="mlflow",
        tracking_uri=f"sqlite:///{tmp_path / 'mlruns.db'}",
        experiment_name="brains",
        save_execute_config=False,
    )
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'mlruns.db'}")
    experiment = client.get_experiment_by_name("brains")
    (tracked,) = client.search_runs(experiment.experiment_id)
    assert tracked.info.run_name == "run"
    assert tracked.info.status == "FINISHED"
    losses = client.get_metric_history(tracked.info.run_id, "train_loss")
    assert [entry.step for entry in losses] == list(range(1, 2 * TINY["batches_per_epoch"] + 1))
    with (tmp_path / "bundle" / "runs" / "run" / "metrics.csv").open(encoding="utf-8") as file:
        log = list(csv.DictReader(file))
    psnr = client.get_metric_history(tracked.info.run_id, "psnr")
    assert psnr[-1].value == pytest.approx(float(log[-1]["psnr"]), rel=1e-3)


def test_a_tracked_run_without_a_name_and_its_resumption_have_that_of_its_folder(run, tmp_path):
    mlflow = pytest.importorskip("mlflow")
    tracking = {
        "run_name": None,
        "test_at_end": False,
        "tracking": "mlflow",
        "tracking_uri": f"sqlite:///{tmp_path / 'mlruns.db'}",
        "experiment_name": "brains",
        "save_execute_config": False,
    }
    run(epochs=1, loss="l2", **tracking)
    (folder,) = (tmp_path / "bundle" / "runs").iterdir()
    assert re.fullmatch(r"l2-\d{8}-\d{6}", folder.name)
    run(epochs=2, loss="l2", resume=str(folder), **tracking)
    client = mlflow.MlflowClient(tracking_uri=tracking["tracking_uri"])
    experiment = client.get_experiment_by_name("brains")
    names = {tracked.info.run_name for tracked in client.search_runs(experiment.experiment_id)}
    assert names == {folder.name}


def test_the_other_options_of_monais_command_pass(run, bundle, tmp_path):
    run(
        epochs=1,
        test_at_end=False,
        workflow_type="train",
        init_id="initialize",
        final_id="finalize",
        meta_file=str(bundle / "configs" / "metadata.json"),
    )
    assert (tmp_path / "bundle" / "runs" / "run" / "model.pt").is_file()


def test_ids_of_the_users_own_are_used_and_recorded(run, tmp_path):
    workflow = run(epochs=1, test_at_end=False, seed="$@_three", _three=3, extra={"note": "mine"})
    assert workflow.parser.get_parsed_content("seed") == 3
    config = read_json(tmp_path / "bundle" / "runs" / "run" / "config.json")
    assert (config["_three"], config["extra"]) == (3, {"note": "mine"})


@pytest.mark.parametrize("file", [path.name for path in CONFIGS])
def test_every_configuration_has_the_group_for_ids_of_the_users_own(file):
    files = [BUNDLE / "configs" / name for name in ("train.json", file) if name == file or is_overlay(file)]
    parser = ConfigParser()
    parser.read_config([str(path) for path in files])
    parser["extra::note"] = "mine"
    assert parser["extra"] == {"note": "mine"}


def is_overlay(file):
    return any(key.startswith("+") for key in read_json(BUNDLE / "configs" / file))
