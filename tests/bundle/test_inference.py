"""Inference on NIfTI volumes: reconstructions on the input's own grid, a table of ELBOs, samples."""

import csv
import errno
import re

import nibabel as nib
import numpy as np
import pytest
import torch

from monai_blurvae.networks import make_model
from monai_blurvae.workflow import root_cause, save_pretrained, settings_from
from monai_blurvae.workflow.errors import last_words


def infer(run, weights, source, **override):
    return run("inference.json", run_id="run", ckpt_path=str(weights), dataset_dir=str(source), **override)


@pytest.fixture
def inferred(run, tiny_weights, dataset, tmp_path):
    infer(run, tiny_weights, dataset / "test")
    return tmp_path / "bundle" / "runs" / "run"


def test_reconstructions_lie_on_the_input_grid(inferred, dataset):
    for path in sorted((dataset / "test").iterdir()):
        image = nib.load(path)
        reconstruction = nib.load(inferred / path.name.replace(".nii.gz", "_reconstruction.nii.gz"))
        assert reconstruction.shape == image.shape
        np.testing.assert_allclose(reconstruction.affine, image.affine, atol=1e-5)
        values = reconstruction.get_fdata()
        assert np.isfinite(values).all()
        assert values.min() >= 0
        assert values.max() <= image.get_fdata().max() * 1.01


def test_the_table_has_an_elbo_for_every_slice_with_brain(inferred, dataset):
    with (inferred / "elbo.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["file"].rsplit("/")[-1] for row in rows} == {
        path.name for path in (dataset / "test").iterdir()
    }
    for row in rows:
        assert float(row["elbo"]) == pytest.approx(-(float(row["nll"]) + float(row["kl"])))


def test_samples_are_drawn_and_the_network_is_that_of_the_weights(inferred):
    """The tiny network's sizes come from the settings beside its weights."""
    assert (inferred / "samples.png").is_file()


def test_results_lie_directly_in_a_folder_where_asked_for(run, tiny_weights, dataset, tmp_path):
    """As in the Model Zoo's bundles: directly in a folder, with a postfix of one's own."""
    volume = next((dataset / "test").iterdir())
    infer(run, tiny_weights, volume, run_dir=str(tmp_path / "out"), output_postfix="sharp", samples=1)
    assert (tmp_path / "out" / volume.name.replace(".nii.gz", "_sharp.nii.gz")).is_file()
    assert (tmp_path / "out" / "elbo.csv").is_file()


@pytest.mark.parametrize("spacing", [None, [1.2, 1.2, 1.2]])
def test_an_anomaly_map_lies_on_the_input_grid_and_is_0_outside_the_brain(
    run, tiny_weights, dataset, tmp_path, spacing
):
    volume = next((dataset / "test").iterdir())
    own = {} if spacing is None else {"spacing": spacing}
    infer(run, tiny_weights, volume, anomaly="whitened", samples=1, min_brain=0.1, **own)
    image, found = (
        nib.load(volume),
        nib.load(tmp_path / "bundle" / "runs" / "run" / volume.name.replace(".nii.gz", "_anomaly.nii.gz")),
    )
    assert found.shape == image.shape
    np.testing.assert_allclose(found.affine, image.affine, atol=1e-5)
    values, brain = found.get_fdata(), image.get_fdata() > 0
    assert (values[brain] > 0).mean() > 0.9
    if spacing is None:
        assert (values[~brain] == 0).mean() > 0.99  # holes of the brain are filled


def test_missing_weights_say_which_command_makes_them(run, dataset, tmp_path):
    with pytest.raises(RuntimeError) as error:
        infer(run, tmp_path / "model.pt", dataset)
    assert "monai.bundle run training" in str(root_cause(error.value))
    assert not (tmp_path / "bundle" / "runs").exists()


def test_a_missing_folder_is_refused_by_name(run, tiny_weights, tmp_path):
    with pytest.raises(RuntimeError) as error:
        infer(run, tiny_weights, tmp_path / "nowhere")
    assert "nowhere" in str(root_cause(error.value))


def test_a_full_disk_ends_inference_in_one_sentence(run, tiny_weights, dataset, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(nib, "save", full)
    with pytest.raises(RuntimeError) as error:
        infer(run, tiny_weights, dataset / "test")
    said = last_words(root_cause(error.value), {})
    assert re.match("could not write .*_reconstruction.nii.gz in .*: No space .*; what was .* is kept", said)


def test_inference_takes_the_likelihood_and_the_kernel_network_of_the_weights(run, start, dataset, tmp_path):
    run(epochs=1, run_name="free", kernel_softmax=False, C=0.1, percentile=98.0)
    weights = tmp_path / "bundle" / "runs" / "free" / "model.pt"
    workflow = start(
        "inference.json", run_id="run", ckpt_path=str(weights), dataset_dir=str(dataset / "test")
    )
    assert workflow.network_def.kernel_net.softmax is False
    assert workflow.parser.get_parsed_content("reconstruction_loss").C == 0.1
    assert workflow.parser.get_parsed_content("percentile") == 98.0


@pytest.mark.parametrize("loss", ["watson", "vgg", "robust"])
def test_inference_needs_no_other_peoples_weights_and_takes_what_a_loss_has_learned(
    run, start, dataset, tmp_path, other_weights, monkeypatch, loss
):
    monkeypatch.setenv("TORCH_HOME", str(other_weights))
    run(epochs=1, run_name="other", loss=loss, watson_weights=str(other_weights / "watson1.pth"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    weights = tmp_path / "bundle" / "runs" / "other" / "model.pt"
    workflow = start(
        "inference.json", run_id="run", ckpt_path=str(weights), dataset_dir=str(dataset / "test")
    )
    workflow.initialize()
    learned = workflow.parser.get_parsed_content("reconstruction_loss").state_dict()
    saved = torch.load(weights, weights_only=True)
    assert len(learned) == (2 if loss == "robust" else 0)
    for name, value in learned.items():
        assert torch.equal(value, saved[f"likelihood.{name}"])


def test_weights_for_colours_are_refused_and_leave_no_folder(run, dataset, tmp_path):
    model = {"image_size": 16, "features": [4, 4], "latent_size": 2, "hidden_size": None, "channels": 3}
    settings = settings_from({"model": model, "loss": {"name": "l2", "channels": 3}})
    save_pretrained(tmp_path, make_model(model), settings)
    with pytest.raises(RuntimeError) as error:
        infer(run, tmp_path / "model.pt", dataset)
    assert "got weights for 2D images of 3 channel(s)" in str(root_cause(error.value))
    assert not (tmp_path / "bundle" / "runs").exists()


def test_a_losses_numbers_are_settings_and_inference_takes_those_beside_the_weights(run, start, tmp_path):
    trained = run(epochs=1, run_name="five", loss="spectral", knots=5)
    weights = tmp_path / "bundle" / "runs" / "five" / "model.pt"
    inferring = start("inference.json", run_id="run", ckpt_path=str(weights))
    for workflow in (trained, inferring):
        assert len(workflow.parser.get_parsed_content("reconstruction_loss").log_power) == 5
    focal = start(loss="focal_frequency", focal_alpha=0.5)
    assert focal.parser.get_parsed_content("reconstruction_loss").alpha == 0.5
