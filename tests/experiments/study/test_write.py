import json

import pytest
from PIL import Image

from experiments.study.aim import aim_table
from experiments.study.condition import Condition
from experiments.study.files import RESULTS
from experiments.study.ledger import Ledger
from experiments.study.results import Results, write_study
from experiments.study.tables import nrmse_table, paired_table, subject_table
from experiments.study.time_table import seconds_table
from experiments.study.write import write_report

GROUP = Condition("uniform", 1, None, 0)


@pytest.fixture
def results(content, tmp_path):
    """Two subjects, two slices; TV's NRMSE is 3 where zero-filling's is 4, at R = 4; nothing else is done."""
    write_study(
        tmp_path,
        content,
        {"zero-filled": "one", "TV": "two"},
        {},
        ["sub-03", "sub-04"],
        tuning=["sub-00"],
        held_out=1,
        orientation="PLS",
        spacing=None,
    )
    ledger = Ledger(tmp_path, RESULTS)
    for number, subject in enumerate(("sub-03", "sub-04")):
        for fraction in (0.25, 0.75):
            for identity, error in (("one", 4), ("two", 3), ("stale", 1)):
                record = {
                    "identity": identity,
                    **GROUP._replace(acceleration=4)._asdict(),
                    "subject": subject,
                    "fraction": fraction,
                    "weight": 0.0,
                    "nrmse": error + 2.0 * number,
                    "psnr": 30.0,
                    "ssim": 0.9,
                    "seconds": 0.5 * error,
                }
                ledger.append(record)
    return Results(tmp_path)


def texts(table):
    return [[cell.text for cell in row] for row in table.rows]


def test_nrmse_is_the_mean_over_subjects_with_their_deviation(results):
    # TV: 3 and 5, their standard deviation sqrt(2); published at R = 4: 6.36
    rows = texts(nrmse_table(results, GROUP))
    assert rows[1] == ["TV", "–", "4.00 (1.41)"]
    assert rows[2][1:] == ["2.77", "6.36"]
    assert [row[2].bold for row in nrmse_table(results, GROUP).rows] == [False, True, False]


def test_differences_are_paired(results):
    # every slice differs by 1: so do the subjects' means, without any deviation
    assert texts(paired_table(results, GROUP)) == [["zero-filled", "–", "-1.00 [-1.00, -1.00], 4 of 4"]]
    assert texts(subject_table(results, GROUP)) == [["zero-filled", "-1.00", "-1.00"]]


def test_time_is_a_multiple_of_the_first_sparse_methods(results):
    assert texts(seconds_table(results)) == [["zero-filled", "1", "–"], ["TV", "0.75", "–"]]


def test_the_aim_is_judged_with_its_margin(results):
    # 4 against 5: 20 percent below
    row = texts(aim_table(results))[0]
    assert row[1:] == ["+20.0 % (zero-filled): met", "+20.0 % (zero-filled): met"]
    results.plan.aim["margin"] = 25
    assert texts(aim_table(results))[0][2] == "+20.0 % (zero-filled): missed by 5.0 points"


def test_the_last_record_of_a_slice_counts(results, tmp_path):
    record = json.loads((tmp_path / "results.jsonl").read_text().splitlines()[1])
    Ledger(tmp_path, RESULTS).append({**record, "nrmse": 1.0})
    values = Results(tmp_path).values("TV", GROUP._replace(acceleration=4), "nrmse")
    assert values["sub-03", 0.25] == 1
    assert len(values) == 4


def test_the_page_says_what_is_missing_and_that_errors_are_optimistic(results, tmp_path):
    written = write_report(tmp_path)
    page = written[0].read_text()
    assert "**Incomplete**: 8 of 32" in page
    assert "optimistic" in page
    assert not (tmp_path / "slice.png").exists()


def test_a_report_is_the_same_when_it_is_written_again(make_run, content, tmp_path):
    make_run(content)()
    written = write_report(tmp_path / "out")
    first = {path.name: path.read_bytes() for path in written}
    assert set(first) == {"report.md", "weights.json", "slice.png", "nrmse.png"}
    assert {path.name: path.read_bytes() for path in write_report(tmp_path / "out")} == first
    assert "Incomplete" not in first["report.md"].decode()
    for path in (path for path in written if path.suffix == ".png"):
        with Image.open(path) as picture:
            assert min(picture.size) > 100


def test_a_folder_without_a_study_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"`output_dir` must hold study\.json"):
        write_report(tmp_path)
