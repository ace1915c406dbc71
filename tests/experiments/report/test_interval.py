import pytest
from scipy import stats

from experiments.report.interval import estimate


def test_the_interval_is_that_of_a_t_test():
    values = [1.0, 2.5, 2.0]
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    found = estimate(values)
    assert (found.mean - found.half_width, found.mean + found.half_width) == pytest.approx((low, high))
    assert found.decided == (low > 0)


def test_one_value_has_no_interval_and_decides_nothing():
    assert estimate([3.0]) == (3.0, None, 1)
    assert not estimate([3.0]).decided


def test_no_value_is_refused():
    with pytest.raises(ValueError, match=r"`values` must hold a value for each seed or subject, got \[\]"):
        estimate([])
