"""Training as a user starts it: what a run writes, resumes, refuses and leaves alone."""

import csv
import math
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from monai_blurvae.keys import Keys
from monai_blurvae.metrics import PerImageMean
from monai_blurvae.workflow import load_pretrained, root_cause
from tests.bundle.conftest import TINY, read_json

RUN_FILES = {"config.json", "environment.json", "model.pt", "checkpoint.pt", "metrics.csv", "metrics.json"}

LOSSES = {
    "wiener_blur": True,
    "wiener_fixed": True,
    "l2": True,
    "l1": True,
    "l1_mean": False,
    "spectral": True,
    "robust": True,
    "cross_entropy": False,
    "ssim": False,
    "focal_frequency": False,
    "vgg": False,
    "watson": False,
}
"""Whether each is a likelihood."""


def cause_of(call, *args, **kwargs):
    with pytest.raises(Exception) as error:  # noqa: PT011 - MONAI wraps; the cause is what is looked at
        call(*args, **kwargs)
    return root_cause(error.value)


def test_a_run_writes_all_it_promises_into_a_folder_of_its_own(run, tmp_path):
    run()
    folder = tmp_path / "bundle" / "runs" / "run"
    assert {path.name for path in folder.iterdir()} >= RUN_FILES
    assert (folder / "images" / "epoch_0002.png").is_file()
    assert (folder / "spectra" / "epoch_0002.png").is_file()
    assert list((folder / "tensorboard").iterdir())
    assert read_json(folder / "config.json")["latent_size"] == TINY["latent_size"]
    environment = read_json(folder / "environment.json")
    assert environment["seed"] == 0
    assert environment["resolved"]["compute_device"] == "cpu"
    assert environment["resolved"]["use_amp"] is False
    assert environment["resolved"]["loss"] == "wiener_blur"
    assert environment["resolved"]["method_name"] == "Wiener blur (ours)"
    assert environment["resolved"]["training_steps"] == TINY["epochs"] * TINY["batches_per_epoch"]
    assert {path.name for path in tmp_path.iterdir()} == {"bundle", "cache"}


MEASURES = {
    "psnr", "ssim", "lpips", "fid_reconstructions", "fid_samples", "mmd_reconstructions", "mmd_samples", "kl",
    "active_units", "bits_per_dimension", "table6_bound", "sharpness_reconstructions", "sharpness_samples",
    "ring_correlation", "resolved_frequency", "spectrum_difference_reconstructions",
    "spectrum_difference_samples",
}  # fmt: skip


def test_a_run_ends_with_the_measures_and_pictures_of_its_best_weights_on_the_test_split(run, tmp_path):
    run(epochs=3)
    folder = tmp_path / "bundle" / "runs" / "run"
    content = read_json(folder / "test" / "measures.json")
    assert (content["split"], content["images"]) == ("test", TINY["batch_size"])
    assert content["measures"].keys() == MEASURES
    absent = {name for name, entry in content["measures"].items() if "not_computed" in entry}
    assert absent == {"lpips", "fid_reconstructions", "fid_samples"}
    spread = {name for name in MEASURES - absent if content["measures"][name]["std"] is not None}
    assert spread == {"psnr", "ssim", "kl", "bits_per_dimension", "table6_bound", "ring_correlation"}
    shape = (TINY["batch_size"], 1, 32, 32)
    with np.load(folder / "test" / "pictures.npz") as file:
        shapes = {name: (array.shape, array.dtype) for name, array in file.items()}
    pictures = ("inputs", "reconstructions", "samples")
    assert shapes == dict.fromkeys(pictures, (shape, np.uint8)) | {"kernels": ((4, 5, 5), np.float32)}
    with np.load(folder / "test" / "spectra.npz") as file:
        assert {name: array.shape for name, array in file.items()} == dict.fromkeys(
            ("data", "reconstructions", "samples"), (32, 32)
        )
    with np.load(folder / "kernels.npz") as file:
        assert file["epochs"].tolist() == [1, 2, 3]
        assert file["images"].shape == shape
        assert file["kernels"].shape == (3, 4, 5, 5)


def test_a_loss_that_is_no_likelihood_has_reasons_and_no_kernels(run, tmp_path):
    run(loss="cross_entropy", epochs=1)
    folder = tmp_path / "bundle" / "runs" / "run"
    measures = read_json(folder / "test" / "measures.json")["measures"]
    figures = read_json(folder / "metadata.json")["eval_metrics"]
    assert figures == {name: found["mean"] for name, found in measures.items() if "mean" in found}
    for name in ("bits_per_dimension", "table6_bound"):
        assert measures[name] == {"not_computed": "not a likelihood"}
    assert not (folder / "kernels.npz").exists()
    with np.load(folder / "test" / "pictures.npz") as file:
        assert "kernels" not in file


class Falling(PerImageMean):
    """A score that falls with every evaluation."""

    evaluations = 0

    def values(self, output):
        return torch.zeros(len(output[Keys.IMAGE]))

    def result(self, mean):
        self.evaluations += 1
        return -float(self.evaluations)


def test_the_test_at_the_end_judges_the_best_weights_and_not_the_last(run, tmp_path):
    """With a score that falls, the best weights are those of epoch 2, the first after the warm-up."""
    run(epochs=4, learning_rate=0.01, **{"validate::key_metric::psnr": {"_target_": f"{__name__}.Falling"}})
    runs = tmp_path / "bundle" / "runs"
    psnr = {"at_end": read_json(runs / "run" / "test" / "measures.json")["measures"]["psnr"]["mean"]}
    for name in ("model", "checkpoint"):
        weights = {"ckpt_path": str(runs / "run" / f"{name}.pt"), "run_name": name}
        run("bundle/runs/run/config.json", "evaluate.json", run_id="evaluating", **weights)
        psnr[name] = read_json(runs / name / "test" / "measures.json")["measures"]["psnr"]["mean"]
    assert psnr["at_end"] == pytest.approx(psnr["model"], rel=1e-5)
    assert psnr["at_end"] != pytest.approx(psnr["checkpoint"], rel=1e-4)


def test_a_run_without_a_test_at_its_end_touches_no_test_subject(run, tmp_path):
    run(epochs=1, test_at_end=False, split="$@seed / 0")  # an error, if anything asked for it
    assert not (tmp_path / "bundle" / "runs" / "run" / "test").exists()


def test_a_split_that_does_not_exist_is_refused_before_training(run, tmp_path):
    assert "`split` must be one of train, val, test, got 'tset'" in str(cause_of(run, split="tset"))
    assert not (tmp_path / "bundle" / "runs" / "run" / "config.json").exists()


def test_a_second_run_of_the_same_name_is_refused_and_the_first_kept(run, tmp_path):
    run()
    model = tmp_path / "bundle" / "runs" / "run" / "model.pt"
    before = model.read_bytes()
    assert "a run is never written over" in str(cause_of(run))
    assert model.read_bytes() == before


def test_the_id_run_trains_too_and_from_inside_the_bundle(start, bundle, monkeypatch):
    monkeypatch.chdir(bundle)
    workflow = start("./configs/train.json", run_id="run", epochs=1)
    workflow.run()
    assert (bundle / "runs" / "run" / "model.pt").is_file()


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_trains_by_name_and_a_likelihood_alone_gets_bits_per_dimension(
    run, loss, tmp_path, other_weights, monkeypatch
):
    monkeypatch.setenv("TORCH_HOME", str(other_weights))
    run(loss=loss, epochs=1, warmup_epochs=0, watson_weights=str(other_weights / "watson1.pth"))
    with (tmp_path / "bundle" / "runs" / "run" / "metrics.csv").open() as file:
        row = next(csv.DictReader(file))
    assert ("bits_per_dimension" in row) == LOSSES[loss]
    weights = torch.load(tmp_path / "bundle" / "runs" / "run" / "model.pt", weights_only=True)
    assert any(name.startswith("kernel_net") for name in weights) == (loss == "wiener_blur")
    assert any(name.startswith("likelihood") for name in weights) == (loss in {"robust", "spectral"})


@pytest.mark.parametrize("blur", ["fixed", "network", "least_squares", "measured"])
def test_every_blur_trains_by_name_and_its_weights_are_loaded(run, tmp_path, blur):
    run(blur=blur, epochs=2)
    folder = tmp_path / "bundle" / "runs" / "run"
    loaded = load_pretrained(folder)
    assert (loaded.loss.needs_kernel_net, loaded.network.kernel_net is not None) == (blur == "network",) * 2
    assert loaded.loss.is_likelihood == (blur != "least_squares")
    if blur == "measured":
        state = torch.load(folder / "checkpoint.pt", weights_only=True)["network"]
        assert state["likelihood.blur.batches"] == TINY["epochs"] * TINY["batches_per_epoch"]
        assert bool((loaded.loss.blur.gain < 1).any())


def test_a_warm_up_of_the_whole_run_is_refused(run, tmp_path):
    said = str(cause_of(run, epochs=2, warmup_epochs=2))
    assert "`warmup_epochs` must be less than `epochs`, got 2 of 2" in said
    assert not (tmp_path / "bundle" / "runs" / "run" / "config.json").exists()
    run(epochs=1, warmup_epochs=1, loss="l2")  # which has no warm-up


@pytest.mark.parametrize("determinant", ["omit", "epsilon", "exact"])
def test_every_determinant_trains(run, determinant):
    run(determinant=determinant, epochs=2)


@pytest.mark.parametrize("blur", ["network", "measured"])
def test_a_run_resumed_by_its_folder_equals_an_uninterrupted_one_bit_for_bit(run, tmp_path, blur):
    runs = tmp_path / "bundle" / "runs"
    run(run_name="whole", epochs=3, blur=blur)
    run(run_name="halves", epochs=2, blur=blur)
    torch.manual_seed(77)
    run("bundle/runs/halves/config.json", epochs=3, resume=str(runs / "halves"))
    whole, halves = (
        torch.load(runs / name / "checkpoint.pt", weights_only=True) for name in ("whole", "halves")
    )
    parts = {"network", "optimizer", "trainer", "best", "random_states"}
    assert whole.keys() == halves.keys() == parts | ({"kernel_optimizer"} if blur == "network" else set())
    assert ("likelihood.blur.numerator" in whole["network"]) == (blur == "measured")
    for part in whole:
        one, other = (torch.utils._pytree.tree_flatten(state[part])[0] for state in (whole, halves))
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b
    table = (runs / "halves" / "metrics.csv").read_text()
    assert [row["epoch"] for row in csv.DictReader(table.splitlines())] == ["1", "2", "3"]
    resumed = "bundle/runs/halves/config_resumed1.json"
    assert [
        read_json(runs / "halves" / name)["epochs"] for name in ("config.json", resumed.split("/")[-1])
    ] == [2, 3]
    model = str(runs / "halves" / "model.pt")
    run(resumed, "evaluate.json", run_id="evaluating", run_name="evaluated", ckpt_path=model)
    assert (runs / "halves" / "metrics.csv").read_text() == table
    assert (runs / "evaluated" / "test" / "measures.json").is_file()


def test_a_resumed_run_takes_another_learning_rate_and_has_no_point_twice(run, tmp_path):
    """The second epoch ended without a checkpoint, as in a run that was killed."""
    folder = tmp_path / "bundle" / "runs" / "run"
    run(epochs=2)
    checkpoint = folder / "checkpoint.pt"
    saved = torch.load(checkpoint, weights_only=True)
    saved["trainer"]["iteration"] = 2
    torch.save(saved, checkpoint)
    run("bundle/runs/run/config.json", epochs=3, resume=str(folder), learning_rate=0.01)
    state = torch.load(checkpoint, weights_only=True)
    rates = [state[name]["param_groups"][0]["lr"] for name in ("optimizer", "kernel_optimizer")]
    assert rates == [0.01, 0.01] == [read_json(folder / "config_resumed1.json")["learning_rate"]] * 2
    events = EventAccumulator(str(folder / "tensorboard"), {"scalars": 0}).Reload()
    steps = {tag: [point.step for point in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
    assert steps["train/loss"] == list(range(1, 7))
    assert steps["train/warmup"] == [0, 2, 4]
    assert {tag: s for tag, s in steps.items() if len(set(s)) < len(s)} == {}
    assert steps["validation/psnr"] == [1, 2, 3]


def test_the_first_run_equals_the_next_though_it_fills_the_cache(run, tmp_path):
    for name in ("first", "second"):
        run(run_name=name, epochs=1, test_at_end=False)
    first, second = (
        torch.load(tmp_path / "bundle" / "runs" / name / "checkpoint.pt", weights_only=True)["network"]
        for name in ("first", "second")
    )
    assert all(torch.equal(first[name], value) for name, value in second.items())


def test_resuming_what_is_no_run_is_refused(run, tmp_path):
    assert "`resume` must be the folder of a run" in str(cause_of(run, resume=str(tmp_path)))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ({"epochs": 1}, "`epochs` must be at least the 2 that are done, got 1"),
        (
            {"epochs": 3, "batches_per_epoch": 1},
            "`batches_per_epoch` must stay what the run began with",
        ),
        ({"epochs": 3, "split_seed": 1}, "`split_seed` must stay what the run began with, 0, got 1"),
    ],
)
def test_resuming_with_fewer_epochs_or_another_epoch_is_refused(run, tmp_path, override, message):
    run(epochs=2)
    folder = tmp_path / "bundle" / "runs" / "run"
    files = {path.name for path in folder.iterdir()}
    assert message in str(cause_of(run, resume=str(folder), **override))
    assert {path.name for path in folder.iterdir()} == files


def test_a_refused_start_leaves_the_name_free(run, tmp_path):
    assert "odd" in str(cause_of(run, kernel_size=4))
    run(epochs=1)
    assert (tmp_path / "bundle" / "runs" / "run" / "model.pt").is_file()


def test_a_run_ends_with_weights_and_a_picture_whatever_the_interval(run, tmp_path):
    run(epochs=2, val_interval=5)
    folder = tmp_path / "bundle" / "runs" / "run"
    assert (folder / "model.pt").is_file()
    assert (folder / "images" / "epoch_0002.png").is_file()


def test_a_copied_bundle_trains_from_anywhere_into_its_own_folder(start, bundle, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    start(str(bundle / "configs" / "train.json"), epochs=1).run()
    assert (bundle / "runs" / "run" / "model.pt").is_file()
    assert not list(elsewhere.iterdir())


def test_resuming_with_another_architecture_is_refused(run, tmp_path):
    run(epochs=1)
    resume = str(tmp_path / "bundle" / "runs" / "run")
    assert "`model.latent_size` must stay what the run began with, 6 in" in str(
        cause_of(run, resume=resume, latent_size=7)
    )


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ({"epoks": 5}, "`epoks` (did you mean `epochs`?)"),
        ({"loss": "wiener"}, "wiener_blur"),
        ({"loss": "watson"}, "`watson_weights` must be the path of gray_watson_fft_trial0.pth"),
        ({"kernel_size": 4}, "odd"),
        ({"kernel_size": 33}, "`kernel_size` must not exceed `image_size`, 32"),
        ({"C": 0.0}, "`C`"),
        ({"image_size": 36, "features": [4, 8, 8]}, "36"),
        ({"determinant": "exakt"}, "exact"),
        ({"beta": -1.0}, "`beta` must be a number of at least 0"),
        ({"beta": "high"}, "`beta` must be a number, got the text 'high'"),
        ({"epochs": "ten"}, "`epochs` must be a number, got the text 'ten'"),
        ({"learning_rate": "3e-4"}, "`learning_rate` must be a number, got the text '3e-4'"),
        ({"beta": True}, "`beta` must be a number, got True"),
        ({"epochs": 1.5}, "`epochs` must be a whole number, got 1.5"),
        ({"epochs": 0}, "`epochs` must be an integer of at least 1, got 0"),
        ({"gradient_clip": -1}, "`gradient_clip` must be positive and finite, got -1"),
        ({"gradient_clip": math.nan}, "`gradient_clip` must be a number or null, got nan"),
        ({"gradient_clip": "1"}, "`gradient_clip` must be a number or null, got '1'"),
        ({"checkpoint_interval": 0}, "`checkpoint_interval` must be an integer of at least 1, got 0"),
        ({"latent_size": 0}, "`latent_size` must be an integer of at least 1, got 0"),
        ({"features": []}, "`features` must be a list of one or more, got []"),
        ({"features": 8}, "`features` must be a list of one or more, got 8"),
        ({"spatial_dims": 4}, "`spatial_dims` must be in [2, 3], got 4"),
        ({"batch_size": 1.5}, "`batch_size` must be a whole number, got 1.5"),
        ({"learning_rate": 0}, "`learning_rate` must be positive and finite, got 0"),
        ({"ring_spacing": [1, -1]}, "`ring_spacing[1]` must be positive and finite, got -1"),
        ({"output_dir": ""}, "`output_dir` must be a word, got ''"),
        ({"device": "meta"}, "`device` must be"),
        ({"lr": 0.1}, "`lr` (did you mean `learning_rate`?)"),
        (
            {"model": "autoencoder_kl", "norm_groups": 3},
            "`norm_groups` must divide each of (4, 8, 8)",
        ),
        ({"train::trainer::gradient_clp": 1.0}, "did you mean `train::trainer::gradient_clip`?"),
        ({"device": "gpu"}, "`device` must be"),
        ({"amp": "yes"}, "`amp` must be"),
        ({"dataset_dir": "nowhere"}, "nowhere"),
        ({"seed": -1}, "`seed` must be"),
        ({"scale": "best"}, "`scale` must be"),
    ],
)
def test_a_bad_setting_is_refused_by_name(run, override, message, tmp_path):
    assert message in str(cause_of(run, **override))


def test_an_unknown_device_is_refused_before_anything_is_made(run, tmp_path):
    assert "`device` must be" in str(cause_of(run, device="tpu"))
    assert not (tmp_path / "bundle" / "runs").exists()


def test_a_misspelt_key_in_an_overlay_is_refused(run, tmp_path):
    (tmp_path / "overlay.yaml").write_text("train:\n  handlrs: []\n")
    assert "did you mean" in str(cause_of(run, "train.json", "./overlay.yaml"))


def typed(*options, cwd):
    """Run the training command in a process of its own."""
    command = ["-m", "monai.bundle", "run", "training", "--config_file", "bundle/configs/train.json"]
    return subprocess.run(
        [sys.executable, *command, *options], cwd=cwd, capture_output=True, text=True, env=os.environ
    )


def test_the_command_line_says_the_cause_last(bundle, dataset, tmp_path):
    """One real command, as typed."""
    done = typed("--epoks", "5", cwd=tmp_path)
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ValueError: ")
    assert "`epoks` (did you mean `epochs`?)" in last
    assert "Traceback" not in done.stderr
    assert not (bundle / "runs").exists()


def test_the_command_line_prints_the_settings(bundle, tmp_path):
    """`--help` after the configuration; nothing is made."""
    done = typed("--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "--learning_rate (0.0003): a number above 0\n" in done.stdout
    assert not (bundle / "runs").exists()
