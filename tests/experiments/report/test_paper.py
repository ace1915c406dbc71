from experiments.report.paper import counterpart, paper_rows, rows_beside


def test_all_six_tables_are_there():
    counts = {}
    for row in paper_rows():
        counts[row.table] = counts.get(row.table, 0) + 1
    assert counts == {"1": 7, "2": 16, "3": 6, "4": 6, "5": 4, "6": 2}


def test_fid_is_not_divided_by_1000():
    wiener = next(row for row in paper_rows() if row.setting == "Wiener blur (ours)")
    assert round(wiener.values["fid_samples"], 1) == 53.6


def test_data_sets_without_anything_alike_stand_beside_nothing():
    assert counterpart("flowers") is None
    assert rows_beside("flowers", "architecture 1") == ()


def test_a_form_of_the_papers_data_stands_beside_it():
    assert counterpart("CelebA64, literal crop") == "CelebA64"
    assert counterpart("CelebA64 second architecture") == "CelebA64"


def test_a_network_of_our_own_stands_beside_the_first_architecture():
    assert {row.table for row in rows_beside("CelebA64", "narrow")} == {"1", "2", "6"}
