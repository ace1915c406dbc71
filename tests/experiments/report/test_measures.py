import pytest
from scipy import stats

from experiments.report.measures import MEASURES, best_of, estimate


@pytest.mark.parametrize(
    ("name", "values", "best"),
    [
        ("psnr", [20.0, 22.0, None, 21.0], {1}),
        ("fid_samples", [80.0, 60.0, 70.0], {1}),
        ("sharpness_samples", [0.7, 1.2, 1.9], {1}),
        ("spectrum_difference_samples", [-0.9, -0.2, 0.5], {1}),
    ],
)
def test_the_best_value_is_the_highest_the_lowest_or_the_nearest(name, values, best):
    assert best_of(MEASURES[name], values) == best


def test_values_that_read_equal_are_equally_good():
    assert best_of(MEASURES["psnr"], [20.001, 20.004, 19.0]) == {0, 1}


def test_nothing_is_best_where_there_is_nothing_to_compare():
    assert best_of(MEASURES["psnr"], [20.0, None]) == set()
    assert best_of(MEASURES["psnr"], [20.0, 20.0]) == set()
    assert best_of(MEASURES["kl"], [1.0, 2.0]) == set()


def test_a_measure_without_a_best_value_has_no_order():
    with pytest.raises(ValueError, match="`measure` must have a best value, got kl"):
        MEASURES["kl"].badness(1.0)


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
