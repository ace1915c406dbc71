import runpy
from pathlib import Path

import pytest

from experiments.report.read_runs import read_runs

LINES = runpy.run_path(str(Path(__file__).parents[3] / "scripts" / "compare_at_equal_kl.py"))["lines"]


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.fixture
def found(runs):
    """L2 gains 2 dB from 10 to 40 nats, 1 dB of them to 20; L1 is ahead by 1 dB and, for seed 1, by 2."""
    for seed in (0, 1):
        for kl, psnr in ((10, 20.0), (40, 22.0)):
            runs.add(f"l2-{kl}-{seed}", "L2", 1 / kl, seed, kl=kl, psnr=psnr)
            runs.add(f"l1-{kl}-{seed}", "L1", 1 / kl, seed, kl=kl, psnr=psnr + 1 + seed)
    runs.add("ssim-20", "SSIM", kl=20, psnr=20.5)
    runs.add("ssim-80", "SSIM", 0.1, kl=80, psnr=25)
    return read_runs([runs.folder])[0]


def test_a_run_is_compared_at_its_own_kl_and_not_beyond_the_references_sweep(found):
    table = [cells(line) for line in LINES(found, "L2", None)]
    psnr = {(row[0], row[1]): row[2] for row in table if row[0].startswith("SSIM")}
    assert psnr == {
        ("SSIM, beta 1, seed 0", "20.0"): "20.5000 (-0.5000)",
        ("SSIM, beta 0.1, seed 0", "80.0"): "-",
    }


def test_methods_are_compared_in_pairs_of_one_seed(found):
    rows = {row[0]: row[2] for row in map(cells, LINES(found, "L2", 20.0))}
    # differences of 1 and 2: mean 1.5, t of one degree of freedom 12.7062, standard error 0.5
    assert rows["L1"] == "+1.5000 ± 6.3531"


def test_an_unknown_reference_is_refused_by_name(found):
    with pytest.raises(ValueError, match="`--to` must be one of L1, L2, SSIM, got 'l2'"):
        list(LINES(found, "l2", None))
