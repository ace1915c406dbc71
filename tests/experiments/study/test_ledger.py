from experiments.study.ledger import Ledger, read_ledgers


def test_records_of_all_parts_are_read(tmp_path):
    records = [{"a": 1}, {"a": 2.5, "b": None}, {"a": "x"}]
    Ledger(tmp_path, "results").append(records[0])
    Ledger(tmp_path, "results", (1, 2)).append(records[1])
    Ledger(tmp_path, "results", (2, 2)).append(records[2])
    Ledger(tmp_path, "trials").append({"a": 4})
    found = read_ledgers(tmp_path, "results")
    assert sorted(map(str, found)) == sorted(map(str, records))


def test_a_line_that_was_cut_off_is_left_out_and_does_not_spoil_the_next(tmp_path):
    ledger = Ledger(tmp_path, "results")
    ledger.append({"a": 1})
    with ledger.path.open("a") as file:
        file.write('{"a": 2, "b')
    ledger.append({"a": 3})
    assert read_ledgers(tmp_path, "results") == [{"a": 1}, {"a": 3}]


def test_numbers_come_back_as_they_were(tmp_path):
    Ledger(tmp_path, "results").append({"a": 0.1 + 0.2, "b": float("inf")})
    assert read_ledgers(tmp_path, "results") == [{"a": 0.1 + 0.2, "b": float("inf")}]
