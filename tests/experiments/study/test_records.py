import numpy as np
import pandas as pd
import pytest
from scipy import stats

from experiments.study.plan import Condition
from experiments.study.records import Results, append, ledger_file, read_ledgers

GENERATOR = np.random.default_rng(0)
KEYS = pd.MultiIndex.from_product([list("abcd"), [0.4, 0.5, 0.6]], names=["subject", "fraction"])
VALUES = {name: pd.Series(GENERATOR.normal(mean, 1, 12), KEYS) for name, mean in (("one", 3), ("other", 4))}
CONDITION = Condition("uniform", 1, None, 4)


@pytest.fixture
def results(monkeypatch):
    """Twelve slices of four subjects by two methods."""
    values = dict(VALUES)
    found = Results.__new__(Results)
    found.values = lambda method, *_: values[method]
    return found, values


def test_the_interval_is_that_of_a_t_test_on_the_subjects_mean_differences(results):
    found, _ = results
    means = (VALUES["one"] - VALUES["other"]).groupby(level="subject").mean()
    interval = stats.ttest_1samp(means, 0).confidence_interval(0.95)
    (mean, half, subjects), _, _ = found.paired("one", "other", CONDITION)
    assert subjects == 4
    assert (mean - half, mean + half) == pytest.approx(tuple(interval))


def test_slices_won_are_counted_one_by_one(results):
    _, won, slices = results[0].paired("one", "other", CONDITION)
    assert (won, slices) == ((VALUES["one"] < VALUES["other"]).sum(), 12)


def test_only_common_slices_are_compared(results):
    found, values = results
    values["other"] = VALUES["other"].drop("a", level="subject")
    (_, _, subjects), _, slices = found.paired("one", "other", CONDITION)
    assert (slices, subjects) == (9, 3)
    values["other"] = pd.Series([1.0], pd.MultiIndex.from_tuples([("e", 0.5)], names=KEYS.names))
    assert found.paired("one", "other", CONDITION) is None


def test_exchanging_the_methods_changes_only_the_sign(results):
    (one, half, _), _, _ = results[0].paired("one", "other", CONDITION)
    (other, width, _), _, _ = results[0].paired("other", "one", CONDITION)
    assert (one, half) == pytest.approx((-other, width))


def test_records_of_all_parts_come_back_as_they_were(tmp_path):
    records = [{"a": 1}, {"a": 0.1 + 0.2, "b": None}, {"a": "x", "b": float("inf")}]
    for part, record in zip([None, (1, 2), (2, 2)], records, strict=True):
        append(ledger_file(tmp_path, "results", part), record)
    append(ledger_file(tmp_path, "trials"), {"a": 4})
    assert sorted(map(str, read_ledgers(tmp_path, "results").records)) == sorted(map(str, records))


def test_a_line_that_was_cut_off_is_left_out_and_does_not_spoil_the_next(tmp_path):
    path = ledger_file(tmp_path, "results")
    append(path, {"a": 1})
    with path.open("a") as file:
        file.write('{"a": 2, "b')
    append(path, {"a": 3})
    assert read_ledgers(tmp_path, "results").records == [{"a": 1}, {"a": 3}]
