import pytest

from monai_blurvae.report.ordering import CHOSEN, EQUAL, compare
from monai_blurvae.report.paper import OURS
from monai_blurvae.report.read_runs import read_runs
from monai_blurvae.report.setup import setups
from monai_blurvae.report.statement import statement

TABLE_3 = {"L2": (18.09, 0.4313), "L1": (18.95, 0.5005), "SSIM": (18.06, 0.5922), OURS: (19.54, 0.5209)}
"""PSNR and SSIM of table 3."""


def sweep(runs, values, **labels):
    """Runs at 10 and 40 nats, all of them 0.1 better at the higher rate."""
    for method, (psnr, ssim) in values.items():
        runs.add(f"{method}-1", method, 1, kl=10, psnr=psnr, ssim=ssim, labels=labels)
        runs.add(f"{method}-2", method, 0.1, kl=40, psnr=psnr + 0.1, ssim=ssim + 0.1, labels=labels)


def judge(runs):
    found = setups(read_runs([runs.folder])[0])
    comparisons = [comparison for setup in found for comparison in compare(setup)]
    return comparisons, statement(comparisons, found)


def test_the_papers_own_numbers_reproduce_its_ordering(runs):
    sweep(runs, TABLE_3)
    comparisons, text = judge(runs)
    ranks = {(item.measure.name, item.at): item.rank for item in comparisons}
    assert ranks == {("psnr", CHOSEN): 1, ("psnr", EQUAL): 1, ("ssim", CHOSEN): 2, ("ssim", EQUAL): 2}
    assert text.startswith("The paper's ordering is reproduced: in all 4 comparisons")


def test_another_order_is_said_plainly_with_who_is_ahead(runs):
    sweep(runs, TABLE_3 | {"L2": (25.0, 0.4313)})
    comparisons, text = judge(runs)
    assert [item.ahead for item in comparisons if not item.agrees] == [("L2",), ("L2",)]
    assert text.startswith("The paper's ordering is not reproduced: in 2 of 4 comparisons")
    assert "PSNR at chosen beta and at equal KL: 2nd of 4, behind L2 (the paper: 1st)" in text


def test_equal_kl_may_contradict_the_chosen_beta(runs):
    # Both are 20 dB at 20 nats; L2 gains by rate alone, and is chosen where it spends more.
    for method, kls, ssims in ((OURS, (10, 40), (0.2, 0.1)), ("L2", (20, 80), (0.1, 0.2))):
        for beta, kl, ssim in zip((1, 0.1), kls, ssims, strict=True):
            psnr = 20.0 + (kl / 20 - 1) + (method == OURS)
            runs.add(f"{method}-{beta}", method, beta, kl=kl, psnr=psnr, ssim=ssim)
    comparisons, _ = judge(runs)
    agrees = {item.at: item.agrees for item in comparisons if item.measure.name == "psnr"}
    assert agrees == {CHOSEN: False, EQUAL: True}


def test_ranks_count_only_methods_with_runs(runs):
    sweep(runs, {name: TABLE_3[name] for name in (OURS, "SSIM")})
    comparisons, _ = judge(runs)
    assert {(item.measure.name, item.paper_rank, item.methods) for item in comparisons} == {
        ("psnr", 1, 2), ("ssim", 2, 2),
    }  # fmt: skip


def test_nothing_is_said_without_wiener_blur(runs):
    sweep(runs, {name: TABLE_3[name] for name in ("L2", "L1")})
    comparisons, text = judge(runs)
    assert comparisons == []
    assert text.startswith("Nothing can be said of the paper's ordering")
    assert "the paper's tables 1, 2, 3, 4, 5, 6" in text


def test_other_brain_slices_stand_beside_hcp_and_are_named_as_other_data(runs):
    sweep(runs, TABLE_3, dataset_name="T1 brain slices", network_name="narrow")
    comparisons, text = judge(runs)
    assert {item.table for item in comparisons} == {"table 3 (HCP64, architecture 1)"}
    assert "other data than the paper's" in text
    assert "1 of 1 groups of runs are shortened or reduced" in text


@pytest.mark.parametrize(
    ("network", "table"),
    [
        ("architecture 1", "table 2 (CelebA64, architecture 1)"),
        ("architecture 2", "table 4 (CelebA64, architecture 2)"),
    ],
)
def test_the_second_architecture_has_a_table_of_its_own(runs, network, table):
    sweep(runs, TABLE_3, dataset_name="CelebA64", network_name=network)
    assert table in {item.table for item in judge(runs)[0]}


def test_one_run_makes_one_row_of_the_ablation(runs):
    # Wiener blur is table 1's "large epsilon" and its "C=0.025" at once: it does not compete with itself.
    labels = {"dataset_name": "CelebA64"}
    sweep(runs, {OURS: (23.0, 0.7), "C=0.1": (22.0, 0.6)}, **labels)
    ablation = [item for item in judge(runs)[0] if item.table.startswith("table 1")]
    assert {(item.subject, item.methods) for item in ablation} == {(OURS, 2)}


def test_table_6_is_about_its_bound_alone_and_of_wiener_blur_itself(runs):
    labels = {"dataset_name": "CelebA64"}
    runs.add("a", OURS, table6_bound=-3062.0, labels=labels)
    runs.add("b", "L2", table6_bound=632.0, labels=labels)
    bounds = [item for item in judge(runs)[0] if item.table.startswith("table 6")]
    assert [(item.measure.name, item.subject, item.rank, item.agrees) for item in bounds] == [
        ("table6_bound", OURS, 1, True)
    ]


def test_volumes_stand_beside_no_table(runs):
    sweep(runs, TABLE_3, dataset_name="T1 brain volumes")
    for name in [path.name for path in runs.folder.iterdir()]:
        runs.change(name, "config.json", spatial_dims=3)
    assert judge(runs)[0] == []


def test_values_that_read_equal_share_a_rank(runs):
    for method, psnr in ((OURS, 20.001), ("L2", 20.004), ("L1", 19.0)):
        runs.add(method, method, psnr=psnr, ssim=psnr / 100)
    ranks = {item.measure.name: item.rank for item in judge(runs)[0]}
    assert ranks == {"psnr": 1, "ssim": 1}
