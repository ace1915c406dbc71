"""An evaluation goes beside the run that its weights came from, and never over another."""

import pytest

from monai_blurvae.workflow import evaluation_name, runs_beside


@pytest.fixture
def weights(tmp_path):
    """Weights in the folder of a run."""
    folder = tmp_path / "elsewhere" / "mine"
    folder.mkdir(parents=True)
    for name in ("config.json", "environment.json", "model.pt"):
        (folder / name).write_text("{}")
    return folder / "model.pt"


def test_it_is_named_after_the_run_and_lies_beside_it(weights):
    runs = runs_beside(str(weights), "bundle/runs")
    assert runs == str(weights.parents[1])
    assert evaluation_name(runs, str(weights), "test") == "mine-test"


def test_a_name_that_is_taken_gets_a_number(weights):
    runs = weights.parents[1]
    names = []
    for _ in range(3):
        names.append(evaluation_name(str(runs), str(weights), "val"))
        (runs / names[-1]).mkdir()
        (runs / names[-1] / "config.json").write_text("{}")
    assert names == ["mine-val", "mine-val2", "mine-val3"]


def test_weights_of_no_run_are_evaluated_among_the_bundle_s_runs(tmp_path):
    models = tmp_path / "models"
    models.mkdir()
    (models / "config.json").write_text("{}")  # settings beside released weights make no run
    assert runs_beside(str(models / "model.pt"), "bundle/runs") == "bundle/runs"
    assert evaluation_name(str(tmp_path), str(models / "model.pt"), "test") == "model-test"


def test_a_run_s_folder_may_be_the_current_one(weights, monkeypatch):
    monkeypatch.chdir(weights.parent)
    assert runs_beside("model.pt", "bundle/runs") == str(weights.parents[1])
    assert evaluation_name("..", "model.pt", "test") == "mine-test"
