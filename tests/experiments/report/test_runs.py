import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from experiments.report.runs import read_runs
from monai_blurvae import __version__
from tests.experiments.report.conftest import add_pictures

OLD = {"monai-blurvae": "0.0.1"}


def reasons(runs):
    _, unreported = read_runs([runs.folder])
    return {item.folder.name: (item.reason, item.command) for item in unreported}


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


def write(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))


def cut(path):
    path.write_bytes(path.read_bytes()[:-30])


@pytest.mark.parametrize(
    ("arguments", "spoil", "reason", "command"),
    [
        (
            {"finished": False, "split": None},
            None,
            "did not finish .started 2026-01-02T03:04:05.$",
            "a-again",
        ),
        ({"finished": False}, lambda run: (run / "checkpoint.pt").touch(), "did not finish", "--resume"),
        ({"split": None}, None, "no test evaluation", "evaluate.json.* --ckpt_path"),
        ({"split": "val"}, None, "evaluated on the split 'val', not on test$", "evaluate.json"),
        (
            {},
            lambda run: write(run / "test" / "measures.json", {"split": "test", "measures": {"psnr": 3}}),
            "measures.json is written by another version",
            "",
        ),
        (
            {},
            lambda run: write(run / "environment_resumed1.json", {"versions": OLD, "finished": "later"}),
            "its parts were written by different versions: monai-blurvae .*, monai-blurvae 0.0.1$",
            "--run_name a-again",
        ),
        *(
            (
                {},
                lambda run, name=name: write(run / name, '{"cut off'),
                f"{Path(name).name} is unreadable",
                "",
            )
            for name in ("config.json", "environment.json", "test/measures.json")
        ),
        *(
            ({}, lambda run, name=name: cut(run / name), f"{Path(name).name} is unreadable: ", "")
            for name in ("kernels.npz", "test/pictures.npz", "test/spectra.npz")
        ),
    ],
)
def test_a_run_that_cannot_be_reported_is_listed_with_what_completes_it(
    runs, arguments, spoil, reason, command
):
    run = runs.add("a", **arguments)
    if arguments.get("split", "test"):
        add_pictures(run)
    if spoil is not None:
        spoil(run)
    found, completing = reasons(runs)["a"]
    assert re.match(reason, found)
    assert re.search(command, completing)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"versions": OLD}, "written by monai-blurvae 0.0.1; this report reads"),
        ({"resolved": {}}, "written by another version: no `dataset_name`$"),
        ({"versions": None}, "written by another version: its records have another form$"),
        ({"resolved": "elsewhere"}, "written by another version: its records have another form$"),
    ],
)
def test_a_run_of_another_version_is_listed(runs, entry, reason):
    runs.add("a")
    runs.change("a", "environment.json", **entry)
    assert re.match(reason, reasons(runs)["a"][0])


@pytest.mark.parametrize(
    ("file", "entry"),
    [
        ("environment.json", {"duration_s": "long"}),
        ("environment.json", {"duration_s": None}),
        ("environment.json", {"duration_s": math.nan}),
        ("config.json", {"beta": math.inf}),
        ("config.json", {"beta": -1}),
        ("config.json", {"spatial_dims": 10**8}),
        ("config.json", {"base_files": ["train.json"]}),
        ("environment.json", {"resolved": {"dataset_name": "x" * 300}}),
        ("test/measures.json", {"measures": {"psnr": {"mean": "x"}}}),
        ("test/measures.json", {"measures": [1]}),
        ("test/measures.json", {"images": "many"}),
    ],
)
def test_a_damaged_record_is_listed_and_the_other_runs_are_read(runs, file, entry):
    runs.add("a")
    runs.add("b", seed=1)
    runs.change("a", file, **entry)
    found, unreported = read_runs([runs.folder])
    assert [run.folder.name for run in found] == ["b"]
    assert [item.folder.name for item in unreported] == ["a"]
    assert re.match(
        "its records are damaged|written by another version|measures.json is", unreported[0].reason
    )


@pytest.mark.parametrize(
    ("file", "change", "reason"),
    [
        ("test/spectra.npz", {"samples": None}, "spectra.npz is unreadable: "),
        ("test/spectra.npz", {"samples": np.full((8, 8), np.nan)}, "`samples` of spectra.npz must be finite"),
        (
            "test/spectra.npz",
            {"samples": np.ones((8, 7))},
            "spectra.npz must hold arrays that belong together",
        ),
        (
            "test/pictures.npz",
            {"inputs": np.ones((8, 8))},
            "`inputs` of pictures.npz must be .* at least 4 axes",
        ),
        ("kernels.npz", {"epochs": np.array([1])}, "kernels.npz must hold arrays that belong together"),
        ("kernels.npz", {"epochs": np.array(["x"])}, "`epochs` of kernels.npz must be finite numbers"),
    ],
)
def test_arrays_that_cannot_be_drawn_are_listed(runs, file, change, reason):
    path = runs.add("a") / file
    add_pictures(path.parents[len(Path(file).parts) - 1])
    with np.load(path) as stored:
        arrays = {name: change.get(name, stored[name]) for name in stored}
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    assert re.match(reason, reasons(runs)["a"][0])


@pytest.mark.parametrize("end", [{"finished": "2026-01-03T00:00:00", "duration_s": 60}, {}])
def test_a_resumption_decides_whether_a_run_finished(runs, end):
    folder = runs.add("a", finished=not end)
    write(folder / "config_resumed1.json", (folder / "config.json").read_text())
    write(folder / "environment_resumed1.json", end | {"versions": {"monai-blurvae": __version__}})
    found, unreported = read_runs([runs.folder])
    assert [run.environment["duration_s"] for run in found] == ([60] if end else [])
    assert ["did not finish" in item.reason for item in unreported] == ([] if end else [True])


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


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "`RUNS` must hold folders of runs, got none in"),
        ("nowhere", "`RUNS` must be folders, got .*nowhere"),
    ],
)
def test_a_folder_without_runs_or_a_missing_one_is_refused(tmp_path, name, message):
    with pytest.raises(ValueError, match=message):
        read_runs([tmp_path / name])
