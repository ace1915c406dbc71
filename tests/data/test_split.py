import pytest

from monai_blurvae.data import Split
from monai_blurvae.data.split import check_share, held_out_of


def test_parts_are_asked_for_by_name():
    split = Split(["a"], ["b"], ["c"])
    assert [split.part(name) for name in ("train", "val", "test")] == [["a"], ["b"], ["c"]]
    with pytest.raises(ValueError, match="`split` must be one of train, val, test, got 'tset'"):
        split.part("tset")


@pytest.mark.parametrize(("count", "share", "number"), [(100, 0.2, 20), (3, 0.01, 1), (2, 0.99, 1)])
def test_a_share_is_held_out_at_least_one_and_never_all(count, share, number):
    held_out = held_out_of(count, share, seed=0)
    assert len(held_out) == number
    assert held_out <= set(range(count))


def test_the_seed_draws_who_is_held_out():
    assert held_out_of(1000, 0.2, seed=1) == held_out_of(1000, 0.2, seed=1)
    # two independent draws of a fifth share a fifth of it: 40, variance 200 x 0.2 x 0.8 x 800/999
    assert abs(len(held_out_of(1000, 0.2, seed=1) & held_out_of(1000, 0.2, seed=2)) - 40) < 4 * 25.6**0.5


@pytest.mark.parametrize("share", [0, 1, -0.1])
def test_a_share_must_leave_both_parts(share):
    with pytest.raises(ValueError, match=r"`some_share` must be in \(0, 1\)"):
        check_share("some_share", share)
