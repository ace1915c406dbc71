import numpy as np
import pytest
import torch

from experiments.checked import checked
from experiments.study.methods import make_methods
from experiments.study.plan import Plan
from experiments.study.records import image_file, read_ledgers
from experiments.study.run import MeasuredRun, at_measured_phase
from monai_blurvae.mri import CartesianEncoding, held_back_residual, simulated_coil_maps


@pytest.fixture
def kspace(tmp_path):
    """A disc seen by 4 coils, half of the frequencies at random and the centre sampled."""
    rows, columns = torch.meshgrid(torch.arange(32) - 16, torch.arange(24) - 12, indexing="ij")
    x = ((rows / 12) ** 2 + (columns / 9) ** 2 < 1).to(torch.complex64)[None, None]
    mask = torch.rand(32, 24, generator=torch.Generator().manual_seed(0)) < 0.5
    mask[10:22, 6:18] = True
    y = CartesianEncoding(mask, simulated_coil_maps(4, (32, 24)))(x)
    np.save(tmp_path / "kspace.npy", y[0].numpy())
    return tmp_path / "kspace.npy"


@pytest.fixture
def make_measured(content, kspace, tmp_path):
    plan = checked(Plan, content, "study.yaml")
    return lambda: MeasuredRun(plan, kspace, make_methods(plan.methods, {}), tmp_path / "out")


def test_what_judges_is_disjoint_from_what_is_seen(make_measured):
    run = make_measured()
    masks = [mask.int() for mask in (run.fitted, run.choice, run.held)]
    assert int(sum(masks).max()) == 1
    assert torch.equal(run.fitted | run.choice, run.seen)
    centre = (slice(None), slice(None), slice(10, 22), slice(6, 18))
    assert bool(run.fitted[centre].all())


def test_the_residual_is_that_of_samples_that_were_not_seen(make_measured, tmp_path):
    run = make_measured()
    run()
    (record,) = [
        item for item in read_ledgers(tmp_path / "out", "measured") if item["method"] == "zero-filled"
    ]
    x = CartesianEncoding(run.seen, run._maps).adjoint(run.y)
    residual = held_back_residual(x, run.y, CartesianEncoding(run.held, run._maps)).item()
    assert record["residual"] == pytest.approx(residual, rel=1e-5)
    assert record["samples"] == int(run.held.sum())
    picture = np.load(image_file(tmp_path / "out", "measured zero-filled"))
    np.testing.assert_allclose(picture, x[0, 0].abs().numpy(), rtol=1e-5)


def test_a_second_run_computes_nothing(make_measured):
    assert make_measured()() > 0
    again = make_measured()
    assert again() == 0
    assert again._maps is None


def test_other_k_space_has_other_identities(make_measured, kspace):
    first = make_measured().identities
    np.save(kspace, 2 * np.load(kspace))
    assert not set(first) & set(make_measured().identities)


def test_the_measured_phase_reaches_the_methods_that_use_one(content):
    free, held, prior = (
        checked(Plan, content, "study.yaml").methods[1].model_copy(update=changes)
        for changes in ({}, {"settings": {"phase_width": 8.0}}, {"model": "wiener", "settings": {}})
    )
    assert at_measured_phase(free, 32) == free
    assert at_measured_phase(held, 32).settings["phase_width"] == 32
    assert at_measured_phase(prior, 32).settings == {"phase_width": 32}
