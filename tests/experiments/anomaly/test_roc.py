import numpy as np
import pandas as pd
import pytest
import torch
from monai.metrics import compute_roc_auc
from scipy.stats import t

from experiments.anomaly.roc import auroc, mean, reversed_auroc


def series(groups):
    """Scores by subject, as the table of a study has them."""
    return pd.concat([pd.Series(values, index=[name] * len(values)) for name, values in groups.items()])


RNG = np.random.default_rng(0)
SIZES = {"a": (5, 4), "b": (3, 6), "c": (7, 7), "d": (2, 3)}
DAMAGED = {name: RNG.normal(0.5, 1, size).round(1) for name, (size, _) in SIZES.items()}
CLEAN = {name: RNG.normal(0, 1, size).round(1) for name, (_, size) in SIZES.items()}


def monai_auroc(damaged, clean, repeats=None):
    """With some subjects in it several times."""
    repeats = repeats or dict.fromkeys(SIZES, 1)
    positive = np.concatenate([np.repeat(values, repeats[name]) for name, values in damaged.items()])
    negative = np.concatenate([np.repeat(values, repeats[name]) for name, values in clean.items()])
    target = torch.tensor([1.0] * len(positive) + [0.0] * len(negative))
    return compute_roc_auc(torch.from_numpy(np.concatenate([positive, negative])), target)


def test_the_value_is_that_of_all_slices_together():
    assert auroc(series(DAMAGED), series(CLEAN)).value == pytest.approx(monai_auroc(DAMAGED, CLEAN))


def test_the_influence_is_the_derivative_to_a_subjects_weight():
    """A subject that counts 1001 times of 1000: a finite difference."""
    influence = auroc(series(DAMAGED), series(CLEAN)).influence
    assert influence.sum() == pytest.approx(0, abs=1e-12)
    base = monai_auroc(DAMAGED, CLEAN)
    for name, expected in zip(SIZES, influence, strict=True):
        more = monai_auroc(DAMAGED, CLEAN, {other: 1000 + (other == name) for other in SIZES})
        assert (more - base) * 1000 == pytest.approx(expected, abs=2e-3)


def test_the_mean_of_one_value_a_subject_has_students_interval():
    values = np.array([1.0, 2.5, 0.5, 3.0])
    found = mean(series({str(number): values[number : number + 1] for number in range(4)}))
    error = values.std(ddof=1) / 2
    assert found.value == pytest.approx(values.mean())
    assert found.interval() == pytest.approx(t.interval(0.95, 3, loc=values.mean(), scale=error))


def test_slices_of_one_subject_are_no_evidence_of_their_own():
    few = mean(series({"a": np.array([1.0]), "b": np.array([2.0])}))
    many = mean(series({"a": np.full(50, 1.0), "b": np.full(50, 2.0)}))
    assert many.interval() == pytest.approx(few.interval())


def test_what_two_scores_have_in_common_cancels_in_their_difference():
    area = auroc(series(DAMAGED), series(CLEAN))
    shifted = {name: values + 2 for name, values in DAMAGED.items()}
    raised = {name: values + 2 for name, values in CLEAN.items()}
    difference = auroc(series(shifted), series(raised)) - area
    assert difference.value == pytest.approx(0)
    assert difference.interval() == pytest.approx((0, 0))


def test_the_reversed_score_has_the_other_area_and_the_same_width():
    negative = [-series(group) for group in (DAMAGED, CLEAN)]
    found, expected = reversed_auroc(auroc(series(DAMAGED), series(CLEAN))), auroc(*negative)
    assert found.value == pytest.approx(expected.value)
    assert found.interval() == pytest.approx(expected.interval())
    assert str(found) == f"{found.value:.2f} ± {found.interval()[1] - found.value:.2f}"
