"""The study of autoencoders: plan, measures with known answers, one run to its end, tables."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch import nn

from experiments.autoencoders.__main__ import finished, main
from experiments.autoencoders.datasets import thick
from experiments.autoencoders.lesions import (
    DIAMETERS,
    disc,
    false_structures,
    lesion_recovery,
    size_recovered_by_half,
)
from experiments.autoencoders.measure import BandCorrelation, BandGain, ResolvedByDirection
from experiments.autoencoders.plan import read_plan
from experiments.autoencoders.report import equal_rate_table, read_runs, relative_lead, write_report
from experiments.autoencoders.times import step_times
from monai_blurvae.keys import Keys

PLAN = """
networks:
  tiny: {kind: autoencoder_kl, features: [4, 4], latent_channels: 1, res_blocks: 1, norm_groups: 2}
recipes:
  measured: {loss: {name: wiener_blur, blur: measured}}
  l2: {loss: {name: l2}}
  judged: {loss: {name: l1_mean}, adversary: {features: 4, layers: 1, weight: 0.01, start: 0}}
parts:
  chest:
    {data: xray, network: tiny, steps: 2, seeds: [0], batch_size: 2, recipes: {measured: [0.25], judged: [0]}}
"""


class Scaled(nn.Module):
    """An autoencoder that gives `gain` times its image."""

    def __init__(self, gain):
        super().__init__()
        self.gain = gain

    def encode(self, image):
        return image, torch.zeros_like(image)

    def decode(self, z):
        return self.gain * z


@pytest.fixture
def plan_file(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN, encoding="utf-8")
    return path


@pytest.fixture
def images():
    return torch.rand(3, 1, 64, 64, generator=torch.Generator().manual_seed(0)) * 0.4 - 0.2


def test_the_shipped_plan_reads():
    plan, runs = read_plan("configs/studies/autoencoders.yaml")
    assert len(runs) == len({run.name for run in runs.values()})
    assert {run.recipe for run in runs.values()} <= set(plan.recipes)


def test_unknown_names_of_a_plan_are_refused(plan_file):
    plan_file.write_text(PLAN.replace("measured: [0.25]", "mesured: [0.25]"), encoding="utf-8")
    with pytest.raises(ValueError, match="must use known names, got recipe mesured"):
        read_plan(plan_file)


def test_bands_of_a_scaled_image(images):
    output = {Keys.IMAGE: images, Keys.RECONSTRUCTION: 0.5 * images}
    gain, correlation = BandGain(), BandCorrelation()
    for metric in (gain, correlation):
        metric.reset()
        metric.update(output)
    torch.testing.assert_close(gain.compute(), torch.full((4,), 0.25, dtype=torch.float64))
    torch.testing.assert_close(correlation.compute(), torch.ones(4, dtype=torch.float64))


@pytest.mark.parametrize("diameter", DIAMETERS)
def test_a_disc_has_its_area(diameter):
    np.testing.assert_allclose(disc(diameter, 16, (8, 8)).sum(), np.pi * diameter**2 / 4, rtol=0.06)


@pytest.mark.parametrize("gain", [1.0, 0.25])
def test_a_lesion_comes_back_by_the_gain_of_a_linear_model(images, gain):
    found = lesion_recovery(Scaled(gain), images)
    np.testing.assert_allclose(found["lesion_recovery"], gain, rtol=1e-4)
    assert found["lesion_size_by_half"] == [1.0 if gain == 1.0 else None] * 3


def test_the_size_by_half_is_interpolated():
    assert size_recovered_by_half([0.1, 0.2, 0.3, 0.4, 0.6, 0.9]) == pytest.approx(4.5)


def test_an_added_spot_is_counted_and_a_perfect_reconstruction_has_none(images):
    class Spotted(Scaled):
        def decode(self, z):
            return z + disc(4, 64, (30, 30))

    assert false_structures(Scaled(1.0), images)["false_structures"] == 0
    assert false_structures(Spotted(1.0), images)["false_structures"] == 1


@pytest.fixture
def chest(tmp_path):
    rng = np.random.default_rng(0)
    for part in ("train", "test"):
        (tmp_path / "chest" / part).mkdir(parents=True)
        for number in range(2):
            pixels = rng.integers(0, 256, (64, 64), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "chest" / part / f"{number}.png")
    return tmp_path / "chest"


def train_command(plan_file, tmp_path, lines="l.jsonl"):
    return ["train", str(plan_file), "-o", str(tmp_path / "runs"), "--lines", str(tmp_path / lines)]


def test_a_run_leaves_one_line_and_is_not_repeated(plan_file, tmp_path, chest):
    command = [*train_command(plan_file, tmp_path), "--xray", str(chest)]
    assert main(command) == 0
    assert main(command) == 0
    text = (tmp_path / "l.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["recipe"] for line in lines] == ["measured", "judged"]
    assert all(np.isfinite(line["psnr"]) and line["non_finite_steps"] == 0 for line in lines)
    assert len(lines[0]["transfer_function"]) == 32
    assert main(["report", str(tmp_path / "l.jsonl"), "-o", str(tmp_path / "page")]) == 0
    assert "| measured | 0.25 | 1 |" in (tmp_path / "page" / "tables.md").read_text(encoding="utf-8")
    picture = tmp_path / "picture.png"
    drawing = ["pictures", *command[1:2], lines[0]["name"], *command[2:], "--picture", str(picture)]
    assert main(drawing) == 0
    with Image.open(picture) as drawn:
        assert drawn.width > 300


def test_runs_at_a_time_from_a_packed_file_are_the_runs_from_the_folder(plan_file, tmp_path, chest):
    packed = str(tmp_path / "images.npz")
    assert main(["pack", packed, "--xray", str(chest)]) == 0
    assert main([*train_command(plan_file, tmp_path, "one.jsonl"), "--xray", str(chest)]) == 0
    shutil.rmtree(tmp_path / "runs")
    assert main([*train_command(plan_file, tmp_path, "two.jsonl"), "--packed", packed, "--jobs", "2"]) == 0
    one, two = (
        {line["name"]: line for line in map(json.loads, (tmp_path / name).read_text("utf-8").splitlines())}
        for name in ("one.jsonl", "two.jsonl")
    )
    assert one.keys() == two.keys()
    assert all(one[name]["psnr"] == pytest.approx(two[name]["psnr"]) for name in one)


def test_thick_slices_are_means_of_thin_ones():
    volume = np.arange(7, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 2), np.uint8)
    np.testing.assert_array_equal(thick(volume)[:, 0, 0], [1, 4])


@pytest.mark.parametrize(("axes", "coarse"), [((2,), 0), ((3, 4), 1)])
def test_a_blur_across_or_within_slices_lowers_the_resolution_there(axes, coarse):
    volumes = torch.randn(4, 1, 32, 32, 32, generator=torch.Generator().manual_seed(0))
    kept = volumes
    for axis in axes:
        low = torch.fft.fftfreq(32).abs() < 0.2
        shape = [-1 if dim == axis else 1 for dim in range(5)]
        kept = torch.fft.ifft(torch.fft.fft(kept, dim=axis) * low.view(shape), dim=axis).real
    metric = ResolvedByDirection()
    metric.update({Keys.IMAGE: volumes, Keys.RECONSTRUCTION: kept})
    found = metric.compute()
    assert found[coarse] < 0.4 <= found[1 - coarse]


def test_a_missing_folder_is_named(plan_file, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["train", str(plan_file), "-o", str(tmp_path), "--lines", str(tmp_path / "l.jsonl")])
    assert "`--xray` must be a folder, got none for chest-measured" in capsys.readouterr().err


def line(recipe, kl, psnr, seed=0):
    bands = [1.0, 1.0, 0.5, 0.5]
    return {
        **{"name": f"{recipe}{kl}{seed}", "part": "p", "recipe": recipe, "beta": kl, "seed": seed, "kl": kl},
        **{"psnr": psnr, "resolved_frequency": psnr / 100, "ssim": 0.9},
        **{"ring_correlation_by_band": bands, "gain_by_band": bands},
    }


def test_terms_are_compared_at_the_kl_that_both_reach(tmp_path):
    path = tmp_path / "l.jsonl"
    rows = [line("l2", 100, 20.0, s) for s in (0, 1)] + [line("l2", 1600, 24.0, s) for s in (0, 1)]
    rows += [line("measured", 100, 21.0 + s, s) for s in (0, 1)]
    rows += [line("measured", 1600, 25.0 + s, s) for s in (0, 1)]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    lines, _ = read_runs(path)
    table = equal_rate_table(lines).markdown()
    assert "l1" not in table  # without runs there is nothing to compare with
    assert "| measured - l2 | 100 to 1600 | 2 | +1.50 ± 6.35 |" in table  # 1 and 2 dB: t(1) 0.5 = 6.35
    lead = np.mean(1.5 / np.linspace(20, 24, 9))
    assert relative_lead(lines, "measured", "l2", "resolved_frequency") == pytest.approx(lead)


def test_a_single_run_is_compared_at_its_own_kl_and_never_beyond_the_baseline(tmp_path):
    path = tmp_path / "l.jsonl"
    rows = [line("l2", 100, 20.0), line("l2", 1600, 24.0), line("l1_mean", 400, 21.0)]
    path.write_text("\n".join(map(json.dumps, [*rows, line("judged", 1601, 25.0)])), encoding="utf-8")
    table = equal_rate_table(read_runs(path)[0]).markdown()
    assert "| l1_mean - l2 | 400 | 1 | -1.00 |" in table
    assert "| judged - l2 | no common KL |" in table


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "l.jsonl"
    path.write_text("", encoding="utf-8")
    with pytest.raises(ValueError, match="`lines` must hold finished runs, got none"):
        read_runs(path)


def test_the_first_recipe_takes_its_own_time(plan_file):
    plan, _ = read_plan(plan_file)
    times = step_times(plan, ["l2", "judged"], "tiny", (1, 1, 64, 64), rounds=4)
    assert times["l2"] == "1.00 (1.00 to 1.00)"
    assert set(times) == {"l2", "judged"}


def test_lines_without_lesions_are_read(tmp_path):
    path = tmp_path / "l.jsonl"
    path.write_text(json.dumps(line("l2", 100, 20.0)), encoding="utf-8")
    assert pd.isna(read_runs(path)[0]["lesion_size_20"][0])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"name": "x", "kl', "JSONDecodeError"),
        ("[1]", "TypeError"),
        (json.dumps(line("l2", 100, 20.0) | {"kl": None}), "ValueError: 'kl' is nan"),
        (json.dumps(line("l2", 100, 20.0) | {"psnr": "x"}), "ValueError"),
        (json.dumps(line("l2", 100, 20.0) | {"data": {}}), "ValueError"),
        (json.dumps({"name": "x"}), "KeyError: 'recipe'"),
        ("\x00", "JSONDecodeError"),
    ],
)
def test_a_damaged_line_is_listed_and_its_run_is_not_finished(tmp_path, text, reason):
    path = tmp_path / "l.jsonl"
    path.write_text(f"{json.dumps(line('l1', 100, 20.0))}\n{text}\n", encoding="utf-8")
    tables = write_report(path, tmp_path / "page")[0].read_text(encoding="utf-8")
    assert f"`l.jsonl, line 2: {reason}" in tables
    assert "| l1 | " in tables
    assert "" not in finished(path)
