"""A sweep file asks for the runs that its grids multiply out to, or is refused in words."""

from pathlib import Path

import pytest
import yaml
from monai.bundle import ConfigParser

from experiments.sweep import read_sweep

SWEEPS = sorted((Path(__file__).parents[3] / "configs" / "sweeps").glob("*.yaml"))


def grid(**changes):
    return {"overlays": ["../loss_l2.yaml"], "beta": [1], "seed": [0], **changes}


def test_the_runs_are_the_product_of_betas_and_seeds_named_by_overlay_beta_and_seed(write_sweep):
    assert [run.name for run in read_sweep(write_sweep())] == [
        "loss_l2-beta0.5-seed0",
        "loss_l2-beta0.5-seed1",
        "loss_l2-beta1-seed0",
        "loss_l2-beta1-seed1",
        "loss_l2-beta2-seed0",
        "loss_l2-beta2-seed1",
        "loss_l1-beta1-scale1.0-seed0",
    ]


def test_a_run_lays_its_overlays_over_the_base_and_its_settings_over_both(write_sweep, tmp_path):
    run = read_sweep(write_sweep())[-1]
    assert run.files == tuple(tmp_path / name for name in ("train.json", "brain.yaml", "loss_l1.yaml"))
    assert run.settings == {"beta": 1.0, "seed": 0, "scale": 1.0}


def test_the_name_is_one_folder_whatever_a_setting_holds(write_sweep):
    runs = [grid(settings={"dataset_dir": "/a b/../c", "train::x": None})]
    (run,) = read_sweep(write_sweep(runs=runs))
    assert run.name == "loss_l2-beta1-dataset_dir_a_b_.._c-train_xNone-seed0"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bases": []}, "`bases` of .*: unknown key .did you mean `base`?"),
        ({"base": []}, "`base` of .* at least 1 item"),
        ({"base": "../train.json"}, "`base` of .* valid list, got '../train.json'"),
        ({"base": ["../nowhere.yaml"]}, "must name files that exist, got .*nowhere.yaml"),
        ({"runs": []}, "`runs` of .* at least 1 item"),
        ({"runs": ["l2"]}, "`runs::0` of .*, got 'l2'"),
        ({"runs": [grid(seeds=[1])]}, "`runs::0::seeds` of .* .did you mean `seed`?"),
        ({"runs": [{"overlays": [], "beta": [1]}]}, "`runs::0::seed` of .*: must be given"),
        ({"runs": [grid(overlays=["loss_l3.yaml"])]}, "entry 1 of `runs` .*loss_l3.yaml"),
        ({"runs": [grid(beta=[])]}, "`runs::0::beta` of .* at least 1 item"),
        ({"runs": [grid(beta=1)]}, "`runs::0::beta` of .* valid list, got 1"),
        ({"runs": [grid(beta=["1e-1"])]}, "`runs::0::beta::0` of .* valid number, got '1e-1'"),
        ({"runs": [grid(beta=[-1])]}, "greater than or equal to 0, got -1"),
        ({"runs": [grid(seed=[0.5])]}, "valid integer, got 0.5"),
        ({"runs": [grid(settings=["scale"])]}, "`runs::0::settings` of .* valid dictionary"),
        ({"runs": [grid(settings={"beta": 2})]}, "must not hold `beta`, which stands beside it"),
        ({"runs": [grid(settings={"features": [4]})]}, "`runs::0::settings::features::.*got .4."),
        ({"runs": [grid(), grid(seed=[1, 0])]}, "every run once, got loss_l2-beta1-seed0 repeatedly"),
    ],
)
def test_a_mistake_in_the_file_is_refused_by_name(write_sweep, changes, message):
    with pytest.raises(ValueError, match=message):
        read_sweep(write_sweep(**changes))


def test_what_is_no_sweep_file_is_refused(tmp_path):
    path = tmp_path / "sweep.yaml"
    with pytest.raises(ValueError, match="which does not exist"):
        read_sweep(path)
    path.write_text("base: [")
    with pytest.raises(ValueError, match="`sweep` must be a YAML file"):
        read_sweep(path)
    path.write_text(yaml.safe_dump(["base"]))
    with pytest.raises(ValueError, match="valid dictionary or instance of Sweep"):
        read_sweep(path)


@pytest.mark.parametrize("path", SWEEPS, ids=lambda path: path.name)
def test_the_repository_s_own_sweeps_set_what_their_files_hold(path):
    for run in read_sweep(path):
        config = ConfigParser.load_config_files([str(file) for file in run.files])
        assert {name.split("::")[0] for name in run.settings} <= config.keys()
