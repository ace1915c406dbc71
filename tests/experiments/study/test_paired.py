import numpy as np
import pytest
from scipy import stats

from experiments.study.paired import by_subject, paired

GENERATOR = np.random.default_rng(0)
KEYS = [(subject, fraction) for subject in "abcd" for fraction in (0.4, 0.5, 0.6)]
ONE = {key: float(GENERATOR.normal(3, 1)) for key in KEYS}
OTHER = {key: float(GENERATOR.normal(4, 1)) for key in KEYS}


def test_the_interval_is_that_of_a_t_test_on_the_subjects_mean_differences():
    differences = by_subject({key: ONE[key] - OTHER[key] for key in KEYS})
    interval = stats.ttest_1samp(list(differences.values()), 0).confidence_interval(0.95)
    found = paired(ONE, OTHER).estimate
    assert found.seeds == 4
    assert (found.mean - found.half_width, found.mean + found.half_width) == pytest.approx(interval)


def test_slices_won_are_counted_one_by_one():
    found = paired(ONE, OTHER)
    assert (found.won, found.slices) == (sum(ONE[key] < OTHER[key] for key in KEYS), 12)


def test_only_common_slices_are_compared():
    fewer = {key: value for key, value in OTHER.items() if key[0] != "a"}
    found = paired(ONE, fewer)
    assert (found.slices, found.estimate.seeds) == (9, 3)
    assert paired(ONE, {("e", 0.5): 1.0}) is None


def test_exchanging_the_methods_changes_the_sign_alone():
    one, other = paired(ONE, OTHER).estimate, paired(OTHER, ONE).estimate
    assert one.mean == pytest.approx(-other.mean)
    assert one.half_width == pytest.approx(other.half_width)
