import math

import pytest

from experiments.report.equal_kl import common_kl, interpolate, read_at
from experiments.report.equal_kl_table import equal_kl_tables
from experiments.report.paper import OURS
from experiments.report.read_runs import read_runs
from experiments.report.setup import setups


def only_setup(runs):
    (setup,) = setups(read_runs([runs.folder])[0])
    return setup


def test_a_measure_linear_in_log_kl_is_read_exactly():
    kls = [50.0, 5.0, 20.0]
    values = [3 + 2 * math.log(kl) for kl in kls]
    for kl in (5.0, 7.7, 20.0, 49.0, 50.0):
        assert interpolate(kls, values, kl) == pytest.approx(3 + 2 * math.log(kl))


def test_only_the_nearest_runs_count():
    assert interpolate([1.0, 4.0, 16.0], [0.0, 1.0, 100.0], 2.0) == pytest.approx(0.5)


@pytest.mark.parametrize("kl", [4.99, 50.01])
def test_nothing_is_extrapolated(kl):
    assert interpolate([5.0, 50.0], [1.0, 2.0], kl) is None


def test_runs_without_rate_have_no_logarithm_and_are_left_out():
    assert interpolate([0.0, 4.0, 16.0], [9.0, 1.0, 2.0], 8.0) == pytest.approx(1.5)
    assert interpolate([0.0], [9.0], 0.0) is None


def test_a_cell_beyond_the_sweep_says_so(runs):
    runs.add("a", beta=1, kl=10)
    runs.add("b", beta=0.1, kl=40)
    reading = read_at(only_setup(runs).runs, "psnr", 41.0)
    assert reading == (None, "outside 10.0–40.0 nats")


def test_a_measure_that_was_not_computed_says_why(runs):
    runs.add("a", bits_per_dimension={"not_computed": "not a likelihood"})
    reading = read_at(only_setup(runs).runs, "bits_per_dimension", 20.0)
    assert reading == (None, "not computed: not a likelihood")


def test_each_seed_is_read_along_its_own_sweep(runs):
    for seed, offset in ((0, 0.0), (1, 1.0), (2, 2.0)):
        runs.add(f"low{seed}", beta=1, seed=seed, kl=10, psnr=20 + offset)
        runs.add(f"high{seed}", beta=0.1, seed=seed, kl=40, psnr=22 + offset)
    estimate = read_at(only_setup(runs).runs, "psnr", 20.0).estimate
    # The geometric middle of 10 and 40 is 20: 21, 22 and 23 dB, whose t-interval is 4.303 / sqrt(3) wide.
    assert estimate.mean == pytest.approx(22.0)
    assert estimate.half_width == pytest.approx(4.303 / math.sqrt(3), rel=1e-3)


def sweep(runs, method, lowest, highest):
    runs.add(f"{method}-low", method, beta=1, kl=lowest)
    runs.add(f"{method}-high", method, beta=0.1, kl=highest)


def test_the_common_kl_is_the_geometric_middle_of_the_overlap(runs):
    sweep(runs, OURS, 10, 100)
    sweep(runs, "L2", 20, 200)
    common = common_kl(only_setup(runs))
    assert common.kl == pytest.approx(math.sqrt(20 * 100))
    assert set(common.methods) == {OURS, "L2"}


def test_most_methods_are_compared_where_not_all_overlap_and_wiener_blur_is_among_them(runs):
    sweep(runs, OURS, 10, 100)
    sweep(runs, "L1", 20, 80)
    for method in ("L2", "CE", "FFL"):
        sweep(runs, method, 1000, 2000)
    common = common_kl(only_setup(runs))
    assert (common.lowest, common.highest) == (20, 80)
    assert set(common.methods) == {OURS, "L1"}


def test_single_runs_share_no_kl(runs):
    runs.add("a", OURS, kl=10)
    runs.add("b", "L2", kl=10)
    assert common_kl(only_setup(runs)) is None


def test_a_seed_that_does_not_reach_the_common_kl_is_named(runs):
    for seed, high in ((0, 40), (1, 40), (2, 15)):
        for method in (OURS, "L2"):
            runs.add(f"{method}-low{seed}", method, beta=1, seed=seed, kl=10)
            runs.add(f"{method}-high{seed}", method, beta=0.1, seed=seed, kl=high if method == OURS else 40)
    quality, _ = equal_kl_tables(only_setup(runs))
    seeds = {row[0].text: (row[2].text, row[2].note) for row in quality.rows}
    assert seeds[OURS] == ("2 seeds", "without seed 2: no runs on both sides of 20.0 nats")
    assert seeds["L2"] == ("3 seeds", None)
