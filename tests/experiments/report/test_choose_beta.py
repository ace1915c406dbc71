from experiments.report.choose_beta import choose_beta, criterion_note
from experiments.report.read_runs import read_runs
from experiments.report.setup import setups


def only_setup(runs):
    (setup,) = setups(read_runs([runs.folder])[0])
    return setup


def test_beta_is_that_of_the_lowest_fid_where_every_run_has_it(runs):
    for beta, fid, ssim in ((0.1, 70.0, 0.9), (1, 60.0, 0.6), (4, 80.0, 0.3)):
        runs.add(f"b{beta}", beta=beta, fid_samples=fid, ssim=ssim)
    setup = only_setup(runs)
    assert choose_beta(setup, "L2") == (1.0, False, 3)
    assert "lowest FID of samples, the paper's rule" in criterion_note(setup)


def test_beta_is_that_of_the_highest_ssim_for_all_methods_where_one_run_lacks_fid(runs):
    runs.add("a", beta=0.1, fid_samples=70.0, ssim=0.9)
    runs.add("b", beta=1, fid_samples=60.0, ssim=0.6)
    runs.add("c", "L1", fid_samples={"not_computed": "no weights"})
    setup = only_setup(runs)
    assert choose_beta(setup, "L2") == (0.1, True, 2)
    assert "highest SSIM" in criterion_note(setup)
    assert "1 of 3 runs have no FID" in criterion_note(setup)


def test_beta_is_chosen_by_the_mean_over_seeds(runs):
    for seed, ssim in enumerate((0.9, 0.1, 0.1)):
        runs.add(f"noisy{seed}", beta=1, seed=seed, ssim=ssim)
        runs.add(f"steady{seed}", beta=2, seed=seed, ssim=0.5)
    assert choose_beta(only_setup(runs), "L2").beta == 2


def test_no_beta_is_chosen_without_the_criterion(runs):
    for beta in (1, 2):
        runs.add(f"b{beta}", beta=beta, ssim={"not_computed": "images too small"})
    assert choose_beta(only_setup(runs), "L2") is None
