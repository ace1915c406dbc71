import csv

import numpy as np
import pytest
import torch
from PIL import Image

from monai_blurvae.data import Corrupted, Lesion
from monai_blurvae.inference import AnomalyStudy, write_anomalies
from monai_blurvae.losses import L2Loss
from monai_blurvae.priors import PatchStrangeness, VAEPrior, mean_of_highest
from tests.priors.conftest import small_network


class Inverted:
    """Damage without a place."""

    def __str__(self):
        return "inverted"

    def __call__(self, images, brain, seeds):
        return Corrupted(torch.where(brain, -images, -1), brain)


class Volumes(list):
    def __init__(self, paths, volumes):
        super().__init__(volumes)
        self.paths = paths


@pytest.fixture(scope="module")
def model():
    loss = L2Loss()
    return PatchStrangeness(VAEPrior(small_network(loss), loss))


@pytest.fixture(scope="module")
def volume():
    rng = np.random.default_rng(0)
    volume = np.zeros((7, 20, 24), dtype=np.uint8)
    volume[1:6, 2:18, 3:21] = rng.integers(60, 120, (5, 16, 18))
    return volume


def study(model, **arguments):
    settings = {"corruptions": [Lesion(6, 0.5), Inverted()], "slices": 2} | arguments
    return AnomalyStudy({"model": model, "other": None}, **settings)


def rows_of(study, volume, subject="sub-1"):
    return [row for judged in study.judge(subject, volume) for row in study.rows(subject, judged)]


def test_every_slice_has_a_row_clean_and_for_every_corruption(model, volume):
    rows = rows_of(study(model), volume)
    assert [(row["corruption"], row["slice"]) for row in rows] == [
        (name, index) for name in ("clean", "lesion of 6 px, +50 %", "inverted") for index in (1, 5)
    ]
    assert {row["subject"] for row in rows} == {"sub-1"}
    assert not any(name.startswith("other") for name in rows[0])


def test_scores_are_those_of_the_slices_as_they_are_damaged(model, volume):
    judged = list(study(model, top_share=0.5).judge("sub-1", volume))[1]
    row = study(model, top_share=0.5).rows("sub-1", judged)[0]
    images, brain = judged.corrupted.images[:1], judged.chosen.brain[:1]
    found = model(images, brain)
    assert row["intensity"] == pytest.approx(float(images[brain].mean()), abs=1e-5)
    assert row["model_elbo"] == pytest.approx(float(found.neg_elbo.nanmean()), abs=1e-5)
    assert row["model_elbo_top"] == pytest.approx(float(mean_of_highest(found.neg_elbo, 0.5)), abs=1e-5)
    assert row["model_error"] == pytest.approx(float(found.squared_error.nanmean()), abs=1e-5)
    for name, values in (("whitened", found.whitened_map), ("bias", found.bias_map)):
        assert row[f"model_{name}"] == pytest.approx(float(values[brain].nanmean()), abs=1e-5)


def test_only_a_lesion_has_a_place_to_be_found_at(model, volume):
    for row in rows_of(study(model), volume):
        assert (row["auroc_bright"] is not None) == row["corruption"].startswith("lesion")
        if row["auroc_bright"] is not None:
            assert row["auroc_bright"] == pytest.approx(1 - row["auroc_dark"], abs=1e-5)
            assert row["auroc_bright"] > 0.9


def test_damage_depends_on_seed_subject_and_slice_alone(model, volume):
    def lesions(study, subject):
        return [judged.corrupted.where for judged in study.judge(subject, volume)][1]

    ours = lesions(study(model), "sub-1")
    assert torch.equal(ours, lesions(study(model, corruptions=[Lesion(6, -0.5), Inverted()]), "sub-1"))
    assert not torch.equal(ours, lesions(study(model), "sub-2"))
    assert not torch.equal(ours, lesions(study(model, seed=1), "sub-1"))
    assert not torch.equal(ours[0], ours[1])


def test_two_corruptions_of_one_name_are_refused(model):
    with pytest.raises(ValueError, match="`corruptions` must differ, got inverted, inverted"):
        study(model, corruptions=[Inverted(), Inverted()])


def test_the_table_and_the_picture_are_written(model, volume, tmp_path):
    volumes = Volumes([tmp_path / "sub-1_T1w.nii.gz", tmp_path / "sub-2_T1w.nii.gz"], [volume, volume])
    path = write_anomalies(study(model), volumes, tmp_path)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    wanted = rows_of(study(model), volume, "sub-1") + rows_of(study(model), volume, "sub-2")
    assert rows == [{name: "" if v is None else str(v) for name, v in row.items()} for row in wanted]
    with Image.open(tmp_path / "anomaly.png") as picture:
        assert picture.width > 300


def test_one_subject_alone_is_refused(model, volume, tmp_path):
    volumes = Volumes(
        [tmp_path / "sub-1_ses-1_T1w.nii.gz", tmp_path / "sub-1_ses-2_T1w.nii.gz"], [volume] * 2
    )
    with pytest.raises(ValueError, match="`volumes` must be of at least 2 subjects, got sub-1 alone"):
        write_anomalies(study(model), volumes, tmp_path)
