import math

import pytest

from experiments.report.compare import (
    choose_beta,
    common_kl,
    criterion,
    differences,
    grouped,
    interpolate,
    seed_values,
)
from experiments.report.measures import MEASURES
from experiments.report.paper import OURS
from experiments.report.runs import read_runs

PSNR = [MEASURES["psnr"]]
NONE = {"not_computed": "no weights"}


def only_group(runs):
    (group,) = grouped(read_runs([runs.folder])[0])
    return group


def sweep(runs, method, lowest, highest, seed=0, psnr=20.0):
    """Two runs, the second 2 dB better."""
    runs.add(f"{method}-low{seed}", method, beta=1, seed=seed, kl=lowest, psnr=psnr)
    runs.add(f"{method}-high{seed}", method, beta=0.1, seed=seed, kl=highest, psnr=psnr + 2)


def test_runs_of_another_length_data_set_or_network_are_not_compared(runs):
    runs.add("a")
    runs.add("b", labels={"dataset_name": "CIFAR10"})
    runs.add("c", labels={"network_name": "narrow"})
    runs.add("d")
    runs.change("d", "config.json", epochs=3)
    runs.add("e", method="L1")
    assert sorted(len(group.runs) for group in grouped(read_runs([runs.folder])[0])) == [1, 1, 1, 2]


@pytest.mark.parametrize(
    ("labels", "file", "change", "length"),
    [
        ({}, "config.json", {}, "20 steps of 8 images"),
        ({"training_steps": 123}, "config.json", {}, "123 steps of 8 images"),
        ({}, "config.json", {"batches_per_epoch": None}, "2 epochs of 8 images"),
        ({}, "environment.json", {"world_size": 2}, "20 steps of 16 images"),
    ],
)
def test_the_length_of_a_training_is_told_as_it_was_recorded(runs, labels, file, change, length):
    runs.add("a", labels=labels)
    runs.change("a", file, **change)
    assert only_group(runs).setup.title.endswith(length)


def test_volumes_and_digital_brains_stand_beside_no_table(runs):
    runs.add("a", labels={"dataset_name": "T1 brain volumes"})
    runs.change("a", "config.json", spatial_dims=3)
    runs.add("b", labels={"dataset_name": "digital brains"})
    assert [group.paper_rows for group in grouped(read_runs([runs.folder])[0])] == [(), ()]


@pytest.mark.parametrize(
    ("other", "choice", "measure"),
    [({"fid_samples": 75.0}, (1.0, False), "fid_samples"), ({"fid_samples": NONE}, (0.1, True), "ssim")],
)
def test_beta_is_that_of_the_lowest_fid_or_of_the_highest_ssim_where_one_run_lacks_fid(
    runs, other, choice, measure
):
    for beta, fid, ssim in ((0.1, 70.0, 0.9), (1, 60.0, 0.6), (4, 80.0, 0.3)):
        runs.add(f"b{beta}", beta=beta, fid_samples=fid, ssim=ssim)
    runs.add("c", "L1", **other)
    assert choose_beta(only_group(runs), "L2") == choice
    assert criterion(only_group(runs)).name == measure


def test_beta_is_chosen_by_the_mean_over_seeds(runs):
    for seed, ssim in enumerate((0.9, 0.1, 0.1)):
        runs.add(f"noisy{seed}", beta=1, seed=seed, ssim=ssim)
        runs.add(f"steady{seed}", beta=2, seed=seed, ssim=0.5)
    assert choose_beta(only_group(runs), "L2").beta == 2


def test_no_beta_is_chosen_without_the_criterion(runs):
    for beta in (1, 2):
        runs.add(f"b{beta}", beta=beta, ssim={"not_computed": "images too small"})
    assert choose_beta(only_group(runs), "L2") is None


def test_a_measure_linear_in_log_kl_is_read_exactly():
    curve = [(kl, 3 + 2 * math.log(kl)) for kl in (50.0, 5.0, 20.0)]
    for kl in (5.0, 7.7, 20.0, 49.0, 50.0):
        assert interpolate(curve, kl) == pytest.approx(3 + 2 * math.log(kl))


@pytest.mark.parametrize(
    ("curve", "kl", "expected"),
    [
        ([(1.0, 0.0), (4.0, 1.0), (16.0, 100.0)], 2.0, 0.5),  # only the nearest runs count
        ([(5.0, 1.0), (50.0, 2.0)], 4.99, None),
        ([(5.0, 1.0), (50.0, 2.0)], 50.01, None),
        ([(0.0, 9.0), (4.0, 1.0), (16.0, 2.0)], 8.0, 1.5),  # a run without rate has no logarithm
        ([(0.0, 9.0)], 0.0, None),
    ],
)
def test_a_curve_is_read_between_the_nearest_runs_and_never_beyond_them(curve, kl, expected):
    assert interpolate(curve, kl) == (expected if expected is None else pytest.approx(expected))


def test_each_seed_is_read_along_its_own_sweep(runs):
    for seed in range(3):
        sweep(runs, "L2", 10, 40, seed, 20 + seed)
    found = only_group(runs).runs
    # 20 is the geometric middle of 10 and 40
    assert seed_values(found, "psnr", 20.0) == {seed: pytest.approx(21.0 + seed) for seed in range(3)}
    assert seed_values(found, "psnr", 41.0) == seed_values(found, "lpips", 20.0) == {}


def test_the_common_kl_is_the_geometric_middle_of_the_overlap(runs):
    sweep(runs, OURS, 10, 100)
    sweep(runs, "L2", 20, 200)
    common = common_kl(only_group(runs))
    assert common.kl == pytest.approx(math.sqrt(20 * 100))
    assert set(common.methods) == {OURS, "L2"}


def test_most_methods_are_compared_where_not_all_overlap_and_wiener_blur_is_among_them(runs):
    sweep(runs, OURS, 10, 100)
    sweep(runs, "L1", 20, 80)
    for method in ("L2", "CE", "FFL"):
        sweep(runs, method, 1000, 2000)
    common = common_kl(only_group(runs))
    assert (common.lowest, common.highest) == (20, 80)
    assert set(common.methods) == {OURS, "L1"}


def test_single_runs_share_no_kl(runs):
    runs.add("a", OURS, kl=10)
    runs.add("b", "L2", kl=10)
    assert common_kl(only_group(runs)) is None


def test_methods_are_compared_in_pairs_of_one_seed(runs):
    for seed in (0, 1):
        sweep(runs, "L2", 10, 40, seed)
        sweep(runs, "L1", 10, 40, seed, 21 + seed)
    (found,) = differences(only_group(runs), "L2", PSNR)
    # differences of 1 and 2: mean 1.5, t of one degree of freedom 12.7062, standard error 0.5
    assert (found.method, found.kl, found.seeds) == ("L1", pytest.approx(20), 2)
    assert found.levels["psnr"] == pytest.approx(22.5)  # 22 and 23 dB in the middle of both sweeps
    assert found.values["psnr"].mean == pytest.approx(1.5)
    assert found.values["psnr"].half_width == pytest.approx(6.3531, rel=1e-4)
    assert not found.values["psnr"].decided


def test_runs_that_do_not_reach_the_kl_are_compared_at_their_own_and_not_beyond_the_reference(runs):
    sweep(runs, "L2", 10, 40)
    sweep(runs, "L1", 10, 40)
    runs.add("ssim-20", "SSIM", 1, kl=20, psnr=20.5)
    runs.add("ssim-80", "SSIM", 0.1, kl=80, psnr=25)
    found = {
        item.method: item.values["psnr"].mean for item in differences(only_group(runs), "L2", PSNR, 12.0)
    }
    assert found == {"L1": 0, "SSIM, beta 1": pytest.approx(-0.5)}
