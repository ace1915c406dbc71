"""Flows on latents: closed forms, one flow by the command, its table; the judge's distances."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from experiments.autoencoders.__main__ import main
from experiments.autoencoders.build import make_objective
from experiments.autoencoders.flow import Flow, fit_flow
from experiments.autoencoders.judge import JUDGE, JudgedDistance, frechet_distance, judge, judged_sets, pooled
from experiments.autoencoders.plan import read_plan
from monai_blurvae.files import write_state
from monai_blurvae.keys import Keys
from monai_blurvae.priors import Posteriors
from tests.experiments.test_autoencoders import PLAN
from tests.experiments.test_autoencoders import line as run_line


@pytest.fixture
def z():
    return 3 + 2 * torch.randn(16, 3, 8, 8, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def noise():
    return torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def judging():
    found = judge()
    if found is None:
        pytest.skip("the extra `features` is not installed")
    return found


@pytest.fixture
def images():
    return torch.rand(8, 1, 64, 64, generator=torch.Generator().manual_seed(2)) * 2 - 1


def test_a_new_flow_stays_where_it_is_and_its_loss_is_the_lines_mean_square(z, noise):
    flow = Flow(z)  # the network's last layer starts at 0
    torch.testing.assert_close(flow.sample(noise), flow.mean + flow.std * noise)
    ends = (z[:4] - flow.mean) / flow.std
    torch.testing.assert_close(flow.loss(z[:4], noise, torch.rand(4)), (ends - noise).square().mean())


def test_a_velocity_that_grows_linearly_in_time_is_integrated_exactly(z, noise):
    flow = Flow(z)
    flow.forward = lambda x, t: 2 * t.view(-1, 1, 1, 1).expand_as(x)  # x_1 = x_0 + 1
    torch.testing.assert_close(flow.sample(noise), flow.mean + flow.std * (noise + 1))


def test_a_flow_is_a_function_of_its_seed_and_learns(z):
    posteriors = Posteriors(torch.full_like(z, 3.0), torch.full_like(z, -20.0))
    posteriors.mu[::2] = -3.0
    state = torch.get_rng_state()
    flow, loss = fit_flow(posteriors, 40, 8, seed=0)
    again, _ = fit_flow(posteriors, 40, 8, seed=0)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(a, b) for a, b in zip(flow.parameters(), again.parameters(), strict=True))
    assert loss < 1.5  # 2 without learning
    assert not flow.training


def test_the_frechet_distance_of_a_scaled_set_is_the_trace_of_its_covariance():
    x = torch.randn(50, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    x -= x.mean(dim=0)
    assert frechet_distance(x, 2 * x) == pytest.approx(torch.cov(x.T).trace().item())


def test_the_judge_finds_no_distance_between_equal_images(judging, images):
    metric = JudgedDistance(judging)
    metric.reset()
    metric.update({Keys.IMAGE: images, Keys.RECONSTRUCTION: images})
    assert metric.compute() == pytest.approx(0, abs=1e-6)
    features = pooled(judging, images)
    found = judged_sets(features.flip(0), features)
    assert found[f"{JUDGE}_nearest"] == pytest.approx(0, abs=1e-4)
    others = judged_sets(pooled(judging, 0.5 * images), features)
    assert all(others[name] > abs(value) + 0.01 for name, value in found.items())


def test_a_recipe_that_trains_with_the_judge_is_refused(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(
        PLAN.replace("{name: l2}", f"{{name: l2, perceptual_network: {JUDGE}}}"), encoding="utf-8"
    )
    with pytest.raises(ValueError, match=f"`perceptual_network` must not be {JUDGE}"):
        read_plan(path)


def test_a_flow_leaves_one_line_and_a_picture_and_is_not_repeated(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("experiments.autoencoders.latents.PATCHES", 64)
    monkeypatch.setattr("experiments.autoencoders.flow.HEUN_STEPS", 1)
    plan_file, runs, lines = tmp_path / "plan.yaml", tmp_path / "runs", tmp_path / "l.jsonl"
    plan_file.write_text(PLAN, encoding="utf-8")
    rng = np.random.default_rng(0)
    for part in ("train", "test"):
        (tmp_path / "chest" / part).mkdir(parents=True)
        pixels = rng.integers(0, 256, (80, 80), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "chest" / part / "0.png")
    name, (plan, _) = "chest-measured-beta0.25-seed0", read_plan(plan_file)
    shape = {"spatial_dims": 2, "channels": 1, "image_size": 64}
    model = make_objective(plan.recipes["measured"], plan.networks["tiny"], shape).model
    write_state(runs / name / "model.pt", model.state_dict())
    command = ["latents", str(plan_file), name, "-o", str(runs), "--lines", str(lines), "--steps", "2"]
    command += ["--batch_size", "2", "--samples", "64", "--xray", str(tmp_path / "chest")]
    assert main(command) == 0
    assert main(command) == 0
    (line,) = map(json.loads, lines.read_text(encoding="utf-8").splitlines())
    assert line["name"] == name
    assert line["latent_shape"] == [1, 32, 32]
    for found in (line[name] for name in ("flow", "prior", "posterior", "training")):
        assert np.isfinite([*found["power_ratio_by_band"], found["mmd"]]).all()
    with Image.open(runs / name / "samples.png") as picture:
        assert picture.size == (512, 512)
    run = {**line, **run_line("measured", 400, 20.0), "steps": 2, "batch_size": 2}
    (tmp_path / "runs.jsonl").write_text(json.dumps(run), encoding="utf-8")
    report = ["report", str(tmp_path / "runs.jsonl"), "-o", str(tmp_path / "page"), "--latents", str(lines)]
    assert main(report) == 0
    table = (tmp_path / "page" / "tables.md").read_text(encoding="utf-8")
    assert f"| measured | 0.25 | 1 | {line['kl']:.0f} | flow |" in table


def test_too_few_samples_and_unknown_names_are_refused(tmp_path, capsys):
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN, encoding="utf-8")
    common = ["-o", str(tmp_path), "--lines", str(tmp_path / "l.jsonl"), "--xray", str(tmp_path)]
    name = "chest-measured-beta0.25-seed0"
    for changed, message in (
        ([name, "--samples", "8"], "`samples` must be an integer of at least 64"),
        (["chest-mesured-beta0.25-seed0"], f"did you mean `{name}`"),
    ):
        with pytest.raises(SystemExit):
            main(["latents", str(plan), *changed, *common])
        assert message in capsys.readouterr().err
