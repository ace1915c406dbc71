"""Colours and three dimensions all the way from disk to evaluation, and what may be wrong with a folder."""

import logging
import math

import matplotlib.image
import numpy as np
import pytest
from monai.bundle import ConfigParser

from monai_blurvae.workflow import root_cause
from tests.bundle.conftest import BUNDLE, ROOT, TINY, read_json
from tests.bundle.test_configs import targets
from tests.image_folders import picture, write_faces

CELEBA, CIFAR10, PATCHES_3D = (
    str(ROOT / "configs" / f"{name}.yaml") for name in ("celeba64", "cifar10", "patches3d")
)


def cause_of(call, *args, **kwargs):
    with pytest.raises(Exception) as error:  # noqa: PT011 - MONAI wraps; the cause is what is looked at
        call(*args, **kwargs)
    return str(root_cause(error.value))


@pytest.fixture
def faces(tmp_path):
    write_faces(tmp_path / "faces", 12)
    return tmp_path / "faces"


@pytest.mark.parametrize("overlay", [CIFAR10, PATCHES_3D])
def test_colours_and_volumes_are_trained_evaluated_and_drawn(run, images_of, dataset, tmp_path, overlay):
    folder = str(dataset if overlay == PATCHES_3D else images_of("cifar10"))
    run("train.json", overlay, epochs=1, dataset_dir=folder)
    runs = tmp_path / "bundle" / "runs"
    config, weights = "bundle/runs/run/config.json", str(runs / "run" / "model.pt")
    for name in ("one", "two"):
        run(
            config, "evaluate.json", run_id="evaluating", ckpt_path=weights, dataset_dir=folder, run_name=name
        )
    measures = read_json(runs / "one" / "test" / "measures.json")["measures"]
    assert measures == read_json(runs / "two" / "test" / "measures.json")["measures"]
    for name in ("psnr", "ssim", "kl", "bits_per_dimension", "sharpness_samples", "ring_correlation"):
        assert math.isfinite(measures[name]["mean"]), name
    pixels = matplotlib.image.imread(runs / "one" / "test" / "images" / "test.png")[..., :3]
    coloured = np.ptp(pixels[: 40 + 128], axis=-1).max() > 0.2  # the row of the inputs
    assert coloured == (overlay == CIFAR10)
    assert (runs / "one" / "test" / "spectra" / "test.png").is_file()


def test_an_epoch_is_every_training_image_once(start, images_of):
    folder, own = str(images_of("cifar10")), ConfigParser.load_config_file(CIFAR10)["batches_per_epoch"]
    workflow = start("train.json", CIFAR10, dataset_dir=folder, batches_per_epoch=own)
    workflow.initialize()
    train, val, test = (
        len(workflow.parser.get_parsed_content(f"{part}_volumes").rows) for part in ("train", "val", "test")
    )
    assert (train, val, test) == (15, 1, 8)  # of 16 training images one validates
    assert len(workflow.parser.get_parsed_content("train::dataloader")) == math.ceil(15 / TINY["batch_size"])


@pytest.mark.parametrize("name", ["celeba64", "celebahq256", "cifar10"])
def test_an_overlay_of_images_leaves_no_data_set_of_patches(name):
    parser = ConfigParser(ConfigParser.load_config_file(BUNDLE / "configs" / "train.json"))
    parser.update(ConfigParser.load_config_file(ROOT / "configs" / f"{name}.yaml"))
    used = list(targets(parser.get()))
    assert "monai_blurvae.data.ImageDataset" in used
    assert "monai_blurvae.data.PatchDataset" not in used


@pytest.mark.parametrize("name", ["celeba64", "celebahq256", "cifar10", "hcp64", "brain32", "patches3d"])
def test_without_a_folder_the_source_the_place_and_the_option_are_said(run, name):
    said = cause_of(run, "train.json", str(ROOT / "configs" / f"{name}.yaml"), dataset_dir=None)
    assert "https://" in said
    assert "`--dataset_dir DIR`" in said


def test_broken_images_are_refused_by_name_and_left_out_where_asked(run, faces, tmp_path, caplog):
    path = faces / "000004.jpg"
    path.write_bytes(path.read_bytes()[:700])
    said = cause_of(run, "train.json", CELEBA, dataset_dir=str(faces))
    assert "got 1 of 12 files" in said
    assert "000004.jpg: broken" in said
    assert "`--decode::bad_images skip`" in said
    with caplog.at_level(logging.WARNING):
        run("train.json", CELEBA, epochs=1, dataset_dir=str(faces), **{"decode::bad_images": "skip"})
    assert "Leaving out 1 of 12 files" in caplog.text
    assert "000004.jpg: broken" in caplog.text
    environment = read_json(tmp_path / "bundle" / "runs" / "run" / "environment.json")
    assert environment["left_out"] == {"count": 1, "names": [str(path)]}
    assert (tmp_path / "bundle" / "runs" / "run" / "model.pt").is_file()


def test_grey_images_among_coloured_ones_are_refused_by_name_and_converted_where_asked(run, faces, tmp_path):
    picture(0, mode="L").save(faces / "000002.jpg")
    said = cause_of(run, "train.json", CELEBA, dataset_dir=str(faces))
    assert "000002.jpg: colours are L, not RGB, and `colours` is 'refuse', not 'convert'" in said
    settings = {"decode::preprocessing::colours": "convert", "epochs": 1}
    run("train.json", CELEBA, dataset_dir=str(faces), **settings)
    assert (tmp_path / "bundle" / "runs" / "run" / "model.pt").is_file()


def test_images_smaller_than_asked_are_refused(run, faces):
    picture(0, 100, 120).save(faces / "000002.jpg")
    said = cause_of(run, "train.json", CELEBA, dataset_dir=str(faces))
    assert "000002.jpg: smaller than 148x148 pixels: 100x120" in said


def test_a_misspelt_setting_of_the_decoder_is_refused(run, faces):
    said = cause_of(run, "train.json", CELEBA, dataset_dir=str(faces), **{"decode::bad_image": "skip"})
    assert "did you mean `decode::bad_images`?" in said


def test_grey_weights_of_watsons_distance_are_refused_for_colours_before_a_run_is_recorded(
    run, images_of, other_weights, tmp_path
):
    weights = str(other_weights / "watson1.pth")
    folder = str(images_of("cifar10"))
    said = cause_of(run, "train.json", CIFAR10, dataset_dir=folder, loss="watson", watson_weights=weights)
    assert "`watson_weights` must be for images of 3 channel(s)" in said
    assert not (tmp_path / "bundle" / "runs" / "run" / "config.json").exists()
