import math

import numpy as np
import pytest
import torch

from experiments.anomaly import Lesion, fixed_slices
from experiments.anomaly.study import localisation
from monai_blurvae.data import dequantize
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


SIDES = (0, 2, 6, 8, 8, 8, 7, 2, 0)
"""Side of the square of brain in each slice: areas of half the largest and more from 2 to 6."""


@pytest.fixture
def widths():
    volume = np.zeros((len(SIDES), 10, 12), dtype=np.uint8)
    for number, side in enumerate(SIDES):
        volume[number, 1 : 1 + side, 2 : 2 + side] = 100 + number
    return volume


def test_slices_lie_at_equal_distances_between_the_first_and_the_last_with_much_brain(widths):
    assert fixed_slices(widths, 3).indices == [2, 4, 6]
    assert fixed_slices(widths, 5).indices == [2, 3, 4, 5, 6]
    assert fixed_slices(widths, 1).indices == [4]
    assert fixed_slices(widths, 2, least_area=0.05).indices == [1, 7]


def test_the_slices_are_the_volumes_in_the_networks_range(widths):
    images, brain, indices = fixed_slices(widths, 3)
    for number, index in enumerate(indices):
        assert images[number, 0].tolist() == dequantize(torch.from_numpy(widths[index])).tolist()
        assert (brain[number, 0].numpy() == (widths[index] != 0)).all()


def test_a_dark_hole_in_the_brain_is_brain_and_a_bay_is_not(widths):
    widths[4, 4, 5] = 0
    widths[4, 1, 5] = 0
    brain = fixed_slices(widths, 1).brain[0, 0]
    assert brain[4, 5]
    assert not brain[1, 5]


@pytest.mark.parametrize("n", [0, 6])
def test_more_slices_than_there_are_or_none_is_refused(widths, n):
    with pytest.raises(ValueError, match=f"`n` must lie between 1 and the 5 slices with brain, got {n}"):
        fixed_slices(widths, n)


@pytest.mark.parametrize("share", [0, 1.5])
def test_an_area_out_of_range_is_refused(widths, share):
    with pytest.raises(ValueError, match=r"`least_area` must be in \(0, 1\]"):
        fixed_slices(widths, 1, share)


BRAIN = torch.ones(1, 4, 5, dtype=torch.bool)
BRAIN[:, :, 0] = False
WHERE = torch.zeros_like(BRAIN)
WHERE[:, 1, 1:4] = True


def with_strange_values(values):
    values[:, :, 0] = 9.0  # outside the brain
    values[:, 3, 4] = math.nan  # unknown
    return values


@pytest.mark.parametrize(
    ("values", "auroc", "ap"),
    [
        (WHERE.float(), 1, 1),
        (torch.zeros(1, 4, 5), 0.5, 3 / 16),  # chance
        (with_strange_values(WHERE.float()), 1, 1),
    ],
    ids=["perfect", "says nothing", "pixels that do not count"],
)
def test_a_map_is_compared_with_the_lesion_on_known_pixels_of_the_brain(values, auroc, ap):
    assert dict(localisation(values, WHERE, BRAIN)) == {"auroc": auroc, "ap": pytest.approx(ap)}


@pytest.mark.parametrize("where", [BRAIN, torch.zeros_like(BRAIN)])
def test_damage_without_a_place_gives_nothing(where):
    assert dict(localisation(WHERE.float(), where, BRAIN)) == {"auroc": None, "ap": None}
