import pytest
import torch

from experiments.anomaly import Lesion
from monai_blurvae.priors import mean_of_highest
from tests.experiments.anomaly.anomalies import Inverted, make_model, make_volume, rows_of, study


@pytest.fixture(scope="module")
def model():
    return make_model()


@pytest.fixture(scope="module")
def volume():
    return make_volume()


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
