import json

import pytest

from experiments.report.runs import read_runs
from monai_blurvae import __version__
from tests.experiments.report.conftest import add_pictures


def reasons(runs):
    _, unreported = read_runs([runs.folder])
    return {item.folder.name: (item.reason, item.command) for item in unreported}


def of_this_version(record):
    return record | {"versions": {"monai-blurvae": __version__}}


def test_a_finished_tested_run_is_read(runs):
    runs.add("a", "L1", 0.5, 3, kl={"mean": 12.0, "std": 2.0}, bits_per_dimension={"not_computed": "no"})
    (run,), unreported = read_runs([runs.folder])
    assert (run.method, run.beta, run.seed, run.images) == ("L1", 0.5, 3, 64)
    assert run.value("kl") == (12.0, 2.0, None)
    assert run.value("bits_per_dimension") == (None, None, "no")
    assert run.value("lpips").why_not == "not among the evaluation's measures"
    assert unreported == []


def test_runs_lie_in_any_depth_and_count_once(runs):
    runs.add("sweep/a")
    found, _ = read_runs([runs.folder, runs.folder / "sweep", runs.folder / "sweep" / "a"])
    assert len(found) == 1


def test_an_unfinished_run_is_listed_with_what_completes_it(runs):
    (runs.add("a", finished=False, split=None) / "checkpoint.pt").touch()
    runs.add("b", finished=False, split=None)
    (reason, resume), (_, again) = reasons(runs).values()
    assert reason == "did not finish (started 2026-01-02T03:04:05)"
    assert "--resume" in resume
    assert "--run_name b-again" in again


def test_a_resumption_that_finished_finishes_the_run(runs):
    folder = runs.add("a", finished=False)
    end = {"finished": "2026-01-03T00:00:00", "duration_s": 60}
    (folder / "config_resumed1.json").write_text((folder / "config.json").read_text())
    (folder / "environment_resumed1.json").write_text(json.dumps(of_this_version(end)))
    (run,), _ = read_runs([runs.folder])
    assert run.environment["duration_s"] == 60


def test_a_resumption_that_was_stopped_leaves_the_run_unfinished(runs):
    folder = runs.add("a")
    (folder / "config_resumed1.json").write_text((folder / "config.json").read_text())
    (folder / "environment_resumed1.json").write_text(json.dumps(of_this_version({})))
    assert "did not finish" in reasons(runs)["a"][0]


def test_a_run_without_test_is_listed_with_its_evaluation(runs):
    runs.add("a", split=None)
    reason, command = reasons(runs)["a"]
    assert reason == "no test evaluation"
    assert "evaluate.json" in command
    assert "--ckpt_path" in command


def test_another_split_is_no_test(runs):
    runs.add("a", split="val")
    assert reasons(runs)["a"][0] == "evaluated on the split 'val', not on test"


def test_a_run_of_another_version_is_listed(runs):
    runs.add("a")
    runs.change("a", "environment.json", versions={"monai-blurvae": "0.0.1"})
    runs.add("b")
    runs.change("b", "environment.json", resolved={})
    found = reasons(runs)
    assert found["a"][0].startswith("written by monai-blurvae 0.0.1; this report reads")
    assert found["b"][0] == "written by another version: no `dataset_name`"


def test_a_run_whose_parts_differ_in_version_is_listed(runs):
    path = runs.add("a") / "environment_resumed1.json"
    path.write_text(json.dumps({"versions": {"monai-blurvae": "0.0.1"}, "finished": "later"}))
    reason, command = reasons(runs)["a"]
    assert reason.startswith("its parts were written by different versions: monai-blurvae ")
    assert reason.endswith(", monai-blurvae 0.0.1")
    assert "--run_name a-again" in command


@pytest.mark.parametrize("file", ["config.json", "environment.json", "test/measures.json"])
def test_an_unreadable_file_is_named(runs, file):
    (runs.add("a") / file).write_text('{"cut off')
    assert f"{file.rpartition('/')[2]} is unreadable" in reasons(runs)["a"][0]


@pytest.mark.parametrize("entry", [{"versions": None}, {"resolved": "elsewhere"}])
def test_records_of_another_form_are_named(runs, entry):
    runs.add("a")
    runs.change("a", "environment.json", **entry)
    assert reasons(runs)["a"][0] == "written by another version: its records have another form"


@pytest.mark.parametrize("file", ["kernels.npz", "test/pictures.npz", "test/spectra.npz"])
def test_arrays_cut_off_are_named(runs, file):
    run = runs.add("a")
    add_pictures(run)
    (run / file).write_bytes((run / file).read_bytes()[:-30])
    assert reasons(runs)["a"][0] == f"{file.rpartition('/')[2]} is unreadable"


def test_measures_of_another_form_are_named(runs):
    (runs.add("a") / "test" / "measures.json").write_text('{"split": "test", "measures": {"psnr": 3}}')
    assert "measures.json is written by another version" in reasons(runs)["a"][0]


def test_a_number_that_is_not_finite_was_not_computed(runs):
    runs.add("a", psnr={"mean": None, "std": None}, ssim={"mean": float("nan"), "std": None})
    (run,), _ = read_runs([runs.folder])
    assert run.value("psnr").mean is None
    assert run.value("ssim") == (None, None, "the evaluation gave nan")


def test_of_two_runs_with_the_same_method_beta_and_seed_the_later_counts(runs):
    runs.add("a", psnr=1.0)
    runs.add("b", psnr=2.0)
    runs.change("a", "environment.json", finished="2026-02-01T00:00:00")
    (run,), (other,) = read_runs([runs.folder])
    assert (run.folder.name, other.folder.name) == ("a", "b")
    assert other.reason == "the same method, settings, beta and seed as a, which finished later"


def test_runs_that_differ_in_a_setting_are_both_shown_with_the_difference_in_the_label(runs):
    for name, seed, value in (("a", 0, 0.1), ("b", 0, 0.005), ("c", 1, 0.005)):
        runs.add(name, seed=seed)
        runs.change(name, "config.json", C=value, kernel_fit="valid" if name == "a" else "circular")
    found, unreported = read_runs([runs.folder])
    assert unreported == []
    assert {run.folder.name: run.method for run in found} == {
        "a": "L2, C 0.1 instead of 0.005, kernel fit valid instead of circular", "b": "L2", "c": "L2",
    }  # fmt: skip


def test_settings_of_the_machine_expressions_and_settings_that_one_run_lacks_tell_no_runs_apart(runs):
    for seed, (device, rate) in enumerate([("cpu", "$1 / 2"), ("cuda", "$0.5")]):
        runs.add(f"{seed}", seed=seed)
        runs.change(f"{seed}", "config.json", device=device, learning_rate=rate)
    runs.change("0", "config.json", tempering=0.25)
    assert {run.method for run in read_runs([runs.folder])[0]} == {"L2"}


@pytest.mark.parametrize("split", [None, "val"])
def test_an_evaluation_made_apart_stands_in_for_a_missing_test(runs, split):
    trained = runs.add("a", split=split)
    runs.add("evaluate-a", psnr=33.0)
    runs.change("evaluate-a", "config.json", base_files={"train.json": True, "evaluate.json": True})
    runs.change("evaluate-a", "environment.json", resolved={"ckpt_path": str(trained / "model.pt")})
    (run,), unreported = read_runs([runs.folder])
    assert (run.folder.name, run.value("psnr").mean) == ("a", 33.0)
    assert unreported == []


def test_a_folder_without_runs_is_refused(tmp_path):
    with pytest.raises(ValueError, match="`RUNS` must hold folders of runs, got none in"):
        read_runs([tmp_path])


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"`RUNS` must be folders, got .*nowhere"):
        read_runs([tmp_path / "nowhere"])
