"""The weights that ship: read with their own settings, better than no model on a brain of another scanner."""

import shutil

import nibabel as nib
import numpy as np
import pytest
import torch

from monai_blurvae.data import to_signed_range
from monai_blurvae.networks import load_weights
from monai_blurvae.workflow import load_pretrained
from monai_blurvae.workflow.release import write_sums
from tests.bundle.conftest import BUNDLE, ROOT, read_json, write_volume

MODELS = BUNDLE / "models"
RELEASED = [MODELS, MODELS / "prior", MODELS / "autoencoder_kl"]
LARGEST_MIB = 40


@pytest.fixture
def template(tmp_path):
    """Eight axial slices through the ventricles of the ICBM152 template, which trained nothing here."""
    from nilearn.datasets import load_mni152_template

    image = load_mni152_template(resolution=1).slicer[:, :, 80:88]
    path = tmp_path / "template" / "template_T1w.nii.gz"
    path.parent.mkdir()
    nib.save(nib.Nifti1Image(image.get_fdata().astype(np.float32), image.affine), path)
    return path


def test_inference_takes_them_by_default_and_reconstructs_an_unseen_brain(run, bundle, template, tmp_path):
    shutil.copytree(MODELS, bundle / "models")
    run("inference.json", run_id="run", dataset_dir=str(template), samples=4)
    image = nib.load(template).get_fdata()
    folder = tmp_path / "bundle" / "runs" / "run"
    reconstruction = nib.load(folder / "template_T1w_reconstruction.nii.gz").get_fdata()
    brain = (image > 0) & (reconstruction > 0)
    assert brain.sum() > 0.9 * (image > 0).sum()
    error = np.square(image - reconstruction)[brain].mean()
    assert (
        error < 0.5 * image[brain].var()
    )  # the error of the best guess without a model, the mean, is the variance


def test_the_autoencoder_keeps_the_folds_of_an_unseen_brain(template):
    volume = nib.as_closest_canonical(nib.load(template)).get_fdata()[::-1, ::-1]
    patch = torch.from_numpy(volume[60:124, 80:144, 4].T.copy())  # rows to posterior, columns to left
    image = to_signed_range(patch, np.percentile(volume[volume > 0], 99.5))[None, None]
    network = load_pretrained(MODELS / "autoencoder_kl").network
    with torch.no_grad():
        reconstruction = network.decode(network.encode(image)[0])
    assert psnr(reconstruction, image) > 28
    blurred = torch.nn.functional.avg_pool2d(image, 3, stride=1, padding=1)
    assert psnr(reconstruction, image) > psnr(blurred, image) + 3


def psnr(image, wanted):
    return -10 * ((image - wanted).square().mean() / 4).log10().item()


def test_they_are_finite_small_and_in_half_precision():
    assert (MODELS / "model.pt").stat().st_size < LARGEST_MIB * 2**20
    state = torch.load(MODELS / "model.pt", weights_only=True)
    assert all(value.isfinite().all() for value in state.values())
    networks = {name: value for name, value in state.items() if not name.startswith("likelihood.")}
    assert {value.dtype for value in networks.values() if value.ndim > 0} == {torch.float16}


@pytest.mark.parametrize("folder", RELEASED, ids=["released", "prior", "autoencoder_kl"])
def test_their_checksums_are_those_that_ship(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "copy")
    assert write_sums(tmp_path / "copy").read_bytes() == (folder / "SHA256SUMS").read_bytes()


@pytest.mark.parametrize("folder", RELEASED, ids=["released", "prior", "autoencoder_kl"])
def test_their_settings_are_literals_and_name_nothing_of_the_machine_that_trained(folder):
    text = (folder / "settings.json").read_text(encoding="utf-8")
    assert not set("$@%/") & set(text)
    loaded = load_pretrained(folder)
    assert loaded.network.scale != 1
    assert loaded.loss.is_likelihood
    assert (loaded.pixel_scale is None) == (folder != MODELS / "prior")


def test_evaluation_reads_them_with_their_own_settings(run, bundle, tmp_path):
    """Every size is the weights' own: what the other tests make small is not."""
    shutil.copytree(MODELS, bundle / "models")
    for part, seed in (("train", 0), ("train", 1), ("test", 2)):
        write_volume(tmp_path / "large" / part / f"sub-{seed}_T1w.nii.gz", seed, shape=(80, 90, 84))
    sizes = ("image_size", "features", "latent_size", "hidden_size", "kernel_size", "norm_groups")
    own = {name: read_json(MODELS / "settings.json")["model"].get(name) for name in sizes}
    workflow = run(
        "train.json",
        str(ROOT / "configs" / "released.yaml"),
        "evaluate.json",
        run_id="evaluating",
        dataset_dir=str(tmp_path / "large"),
        **own,
    )
    network = workflow.parser.get_parsed_content("network")
    before = {name: value.clone() for name, value in network.state_dict().items()}
    load_weights(network, MODELS / "model.pt")
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    measures = read_json(tmp_path / "bundle" / "runs" / "run" / "test" / "measures.json")["measures"]
    named = read_json(BUNDLE / "configs" / "metadata.json")["eval_metrics"]
    assert set(named) <= set(measures)
