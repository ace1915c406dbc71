"""Numbers that users give are refused by name, rule and value."""

import math

import numpy as np
import pytest

from monai_blurvae.checks import check_at_least, check_in, check_integer, check_positive

NO_NUMBERS = ["1", "3e-4", None, True, [1], math.nan, math.inf]


@pytest.mark.parametrize("value", [*NO_NUMBERS, 0, -1.5])
def test_a_positive_number(value):
    check_positive(a=1, b=1e-9, c=np.float32(2), d=np.int64(3))
    with pytest.raises(ValueError, match="`C` must be positive and finite, got ") as error:
        check_positive(a=1, C=value)
    assert str(error.value).endswith(f"got {value!r}")


@pytest.mark.parametrize("value", [*NO_NUMBERS, -1e-9])
def test_a_least_number(value):
    check_at_least(0, a=0, b=2.5)
    with pytest.raises(ValueError, match="`beta` must be a number of at least 0, got "):
        check_at_least(0, beta=value)


@pytest.mark.parametrize("value", [*NO_NUMBERS, 2, 3.0, 3.5])
def test_a_least_integer(value):
    check_integer(3, a=3, b=np.int64(4))
    with pytest.raises(ValueError, match="`rings` must be an integer of at least 3, got "):
        check_integer(3, rings=value)


def test_an_interval_has_its_ends_or_not():
    check_in("[0, 1)", a=0, b=0.5)
    check_in("(0, 1]", a=1)
    for interval, value in (("[0, 1)", 1), ("(0, 1]", 0), ("[0, 1]", 1.1), ("[0, 1]", "0.5")):
        with pytest.raises(ValueError, match="`decay` must be in ") as error:
            check_in(interval, decay=value)
        assert f"in {interval}, got {value!r}" in str(error.value)
