import numpy as np
import pytest
from scipy import stats

from experiments.report.seeds import over_seeds


def test_the_interval_is_that_of_a_t_test():
    values = [1.0, 2.5, 2.0]
    low, high = stats.t.interval(0.95, 2, loc=np.mean(values), scale=stats.sem(values))
    estimate = over_seeds(values, [0.1, 0.2, 0.3])
    assert estimate.mean - estimate.half_width == pytest.approx(low)
    assert estimate.mean + estimate.half_width == pytest.approx(high)
    assert estimate.std == pytest.approx(0.2)


def test_one_seed_has_no_interval():
    assert over_seeds([3.0], [None]) == (3.0, None, 1, None)


def test_no_seed_is_refused():
    with pytest.raises(ValueError, match=r"`values` must hold one value a seed, got \[\]"):
        over_seeds([])
