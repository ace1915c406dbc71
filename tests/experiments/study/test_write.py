import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from experiments.checked import checked
from experiments.study.plan import Condition, Plan
from experiments.study.records import RESULTS, Results, append, ledger_file, write_study
from experiments.study.write import aim_table, group_tables, seconds_table, write_report
from tests.experiments.study.conftest import facts

SHIPPED = Path(__file__).parents[3] / "docs" / "results" / "reconstruction"
GROUP = Condition("uniform", 1, None, 0)


@pytest.fixture
def results(content, tmp_path):
    """Two subjects, two slices; TV's NRMSE is 3 where zero-filling's is 4, at R = 4; nothing else is done."""
    plan = checked(Plan, content, "study.yaml")
    write_study(tmp_path, plan, facts({"zero-filled": "one", "TV": "two"}))
    for number, subject in enumerate(("sub-03", "sub-04")):
        for fraction in (0.25, 0.75):
            for identity, error in (("one", 4), ("two", 3), ("stale", 1)):
                record = {"identity": identity, **GROUP._replace(acceleration=4)._asdict()}
                record |= {"subject": subject, "fraction": fraction, "weight": 0.0, "seconds": 0.5 * error}
                record |= {"nrmse": error + 2.0 * number, "psnr": 30.0, "ssim": 0.9}
                append(ledger_file(tmp_path, RESULTS), record)
    return Results(tmp_path)


def test_nrmse_is_the_mean_over_subjects_with_their_deviation(results):
    # TV: 3 and 5, their standard deviation sqrt(2); published at R = 4: 6.36
    rows = group_tables(results, GROUP)[0].rows
    assert rows[0] == ["zero-filled", "–", "5.00 (1.41)"]
    assert rows[1] == ["TV", "–", "**4.00 (1.41)**"]
    assert rows[2][1:] == ["*2.77*", "*6.36*"]


def test_differences_are_paired(results):
    # every slice differs by 1: so do the subjects' means, without any deviation
    _, paired, _ = group_tables(results, GROUP)
    assert paired.rows == [["zero-filled", "–", "-1.00 [-1.00, -1.00], 4 of 4"]]


def test_time_is_a_multiple_of_the_first_sparse_methods(results):
    assert seconds_table(results).rows == [["zero-filled", "1", "–"], ["TV", "0.75", "–"]]


@pytest.mark.parametrize(
    ("margin", "verdict"),
    [(20, "**+20.0 % (zero-filled): met**"), (25, "+20.0 % (zero-filled): missed by 5.0 points")],
)
def test_the_aim_is_judged_with_its_margin(results, margin, verdict):
    # 4 against 5: 20 percent below
    aim = results.plan.aim.model_copy(update={"margin": margin})
    results.plan = results.plan.model_copy(update={"aim": aim})
    assert aim_table(results).rows[0][1:] == ["**+20.0 % (zero-filled): met**", verdict]


def test_the_last_record_of_a_slice_counts(results, tmp_path):
    record = json.loads((tmp_path / "results.jsonl").read_text().splitlines()[1])
    append(ledger_file(tmp_path, RESULTS), {**record, "nrmse": 1.0})
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


def test_the_shipped_records_render_as_they_did(tmp_path):
    names = ("report.md", "weights.json")
    for path in SHIPPED.iterdir():
        if path.name not in names:
            shutil.copy(path, tmp_path)
    write_report(tmp_path)
    for name in names:
        assert (tmp_path / name).read_text() == (SHIPPED / name).read_text()


@pytest.mark.parametrize("text", ['{"identity": "one", "fra', '{"identity": "one"}', "[]", "null", "{}"])
def test_a_damaged_line_is_listed_in_the_report(results, text):
    before = write_report(results.folder)[0].read_text(encoding="utf-8")
    with ledger_file(results.folder, RESULTS).open("a", encoding="utf-8") as file:
        file.write(f"{text}\n")
    after = write_report(results.folder)[0].read_text(encoding="utf-8")
    assert after.startswith(before)
    assert "* `results.jsonl, line 13: " in after
