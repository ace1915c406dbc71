"""MONAI's AutoencoderKL by the main command: trained, resumed, evaluated, and used for inference."""

import math

import nibabel as nib
import numpy as np
import torch

from monai_blurvae.workflow import load_pretrained
from tests.bundle.conftest import ROOT, TINY, read_json

OVERLAY = str(ROOT / "configs" / "autoencoder_kl.yaml")


def test_an_autoencoder_kl_trains_resumes_evaluates_and_reconstructs(run, dataset, tmp_path):
    runs = tmp_path / "bundle" / "runs"
    run("train.json", OVERLAY, epochs=2, run_name="whole", learning_rate_decay="constant")
    run("train.json", OVERLAY, epochs=1, run_name="halves", learning_rate_decay="constant")
    config, weights = "bundle/runs/halves/config.json", str(runs / "halves" / "model.pt")
    run(config, epochs=2, resume=str(runs / "halves"))
    whole, halves = (
        torch.load(runs / name / "checkpoint.pt", weights_only=True)["network"]
        for name in ("whole", "halves")
    )
    assert whole.keys() == halves.keys()
    assert any("quant_conv_mu" in name for name in whole)
    assert not any("kernel_net" in name for name in whole)
    with (
        np.load(runs / "whole" / "transfer_functions.npz") as unbroken,
        np.load(runs / "halves" / "transfer_functions.npz") as resumed,
    ):
        assert resumed["epochs"].tolist() == [1, 2]  # both halves end with a validation
        assert resumed["steps"].tolist() == [TINY["batches_per_epoch"], 2 * TINY["batches_per_epoch"]]
        np.testing.assert_array_equal(resumed["gains"][-1], unbroken["gains"][-1])
    assert (runs / "whole" / "blur" / "transfer_functions.png").is_file()
    assert all(torch.equal(whole[name], value) for name, value in halves.items())

    run("bundle/runs/halves/config_resumed1.json", "evaluate.json", run_id="evaluating", ckpt_path=weights)
    measures = read_json(runs / "run" / "test" / "measures.json")["measures"]
    for name in ("psnr", "ssim", "kl", "bits_per_dimension", "sharpness_samples"):
        assert math.isfinite(measures[name]["mean"]), name
    loaded = load_pretrained(runs / "halves")
    assert loaded.network.latent_shape == (3, 8, 8)
    assert loaded.settings.model.kind == "autoencoder_kl"

    source = str(dataset / "test")
    run("inference.json", run_id="run", ckpt_path=weights, dataset_dir=source, run_name="inferred", samples=4)
    for path in sorted((dataset / "test").iterdir()):
        image = nib.load(path)
        reconstruction = nib.load(runs / "inferred" / path.name.replace(".nii.gz", "_reconstruction.nii.gz"))
        assert reconstruction.shape == image.shape
    assert (runs / "inferred" / "samples.png").is_file()
