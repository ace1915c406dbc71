import math

import pytest

from experiments.study.run import best_weight, beyond


@pytest.mark.parametrize(("minimum", "tried"), [(10, 3), (1000, 5), (1e-2, 6), (1e9, 6)])
def test_the_grid_grows_until_the_best_is_inside_or_the_bound_is_met(minimum, tried):
    weight, errors = best_weight([1, 10, 100], lambda w: abs(math.log10(w / minimum)), extensions=3)
    assert len(errors) == tried
    assert weight == min(errors, key=errors.get)
    assert errors[weight] == min(errors.values())


def test_one_weight_is_no_choice():
    def error(_):
        raise AssertionError("nothing is to be tried")

    assert best_weight([0.0], error, extensions=3) == (0.0, {})


def test_an_error_that_is_no_number_is_never_the_least():
    weight, _ = best_weight([1, 2, 4], {1: math.nan, 2: 5.0, 4: 6.0}.__getitem__, extensions=0)
    assert weight == 2


def test_of_equal_weights_the_smallest_is_taken():
    assert best_weight([0, 1, 2], lambda _: 1.0, extensions=2)[0] == 0


def test_above_a_grid_of_zero_and_one_weight_the_step_is_ten():
    assert beyond([0, 0.5], 0.5) == 5
