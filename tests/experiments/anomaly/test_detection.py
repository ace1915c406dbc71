import csv
import json

import numpy as np
import pytest

from experiments.anomaly.detection import Detection, write_detection

COLUMNS = ("intensity", "model_elbo", "model_bias", "model_error", "auroc_bright", "ap_bright")


@pytest.fixture
def write(tmp_path):
    """Scores of three slices of three subjects, clean and under each kind of damage; the shifts decide."""

    def make(damage, subjects=3):
        with (tmp_path / "anomaly.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("subject", "slice", "corruption", *COLUMNS))
            for subject in range(subjects):
                for name, shifts in damage.items():
                    place = (0.9, 0.4) if name == "lesion" else ("", "")
                    for index in range(3):
                        scores = [round(0.1 * (subject + index) + shift, 3) for shift in shifts]
                        writer.writerow((f"sub-{subject}", index, name, *scores, *place))
        return tmp_path

    return make


CLEAN = (0, 0, 0, 0)
WON = (0.0, 5.0, 0.0, 0.0)
LOST = (-5.0, -5.0, 0.0, 5.0)


def detection(folder):
    return Detection(folder / "anomaly.csv")


def test_a_score_that_always_separates_beats_those_that_do_not(write):
    found = detection(write({"clean": CLEAN, "lesion": WON}))
    assert found.areas["lesion"]["model_elbo"].value == 1
    assert found.verdict("model_elbo", "lesion") == "beats all"
    assert found.verdict("model_bias", "lesion") == "does not beat mean intensity, L2 error"
    assert (
        found.statement("model_elbo")
        == "The ELBO beats every baseline for 1 of the 1 kinds of damage (lesion)."
    )
    assert (
        found.statement("model_bias")
        == "The local bias beats every baseline for none of the 1 kinds of damage."
    )


def test_a_score_below_chance_says_so_and_mean_intensity_has_its_better_direction(write):
    found = detection(write({"clean": CLEAN, "motion": LOST}))
    assert found.areas["motion"]["intensity"].value == 1
    assert found.darker == {"motion"}
    assert found.areas["motion"]["model_elbo"].value == 0
    assert (
        found.verdict("model_elbo", "motion") == "worse than chance; does not beat mean intensity, L2 error"
    )


def test_the_page_the_numbers_and_what_is_printed_agree(write, capsys):
    folder = write({"clean": CLEAN, "lesion": WON, "motion": LOST})
    page = write_detection(folder).read_text()
    assert capsys.readouterr().out == page
    record = json.loads((folder / "anomaly.json").read_text())
    for sentence in record["statements"]:
        assert sentence in page
    assert record["damage"]["lesion"]["auroc"]["model_elbo"] == {"value": 1, "low": 1, "high": 1}
    assert record["damage"]["motion"]["verdict"]["model_elbo"].startswith("worse than chance")
    lead = record["damage"]["lesion"]["lead"]["model_elbo"]["model_error"]
    area = record["damage"]["lesion"]["auroc"]["model_error"]["value"]
    assert lead["value"] == pytest.approx(1 - area)
    lines = [line for line in page.splitlines() if line.startswith("| lesion | ")]
    assert lines[-1] == "| lesion | 0.90 ± 0.00; 0.400 |"
    assert lines[-2] == "| lesion | 0.00 | 1.00 | 0.00 | 0.00 |"
    assert "Of both directions the better one" in page


def test_without_lesions_there_is_no_table_of_maps(write, capsys):
    assert "### Maps" not in write_detection(write({"clean": CLEAN, "motion": LOST})).read_text()


def test_values_are_those_of_the_file(write):
    found = detection(write({"clean": CLEAN, "lesion": WON}))
    np.testing.assert_allclose(found.of("model_elbo", "lesion")["sub-1"], [5.1, 5.2, 5.3])
    assert found.of("auroc_bright").empty
    assert found.maps == ["bright"]


def test_of_one_subject_there_is_no_interval_and_so_no_verdict(write):
    folder = write({"clean": CLEAN, "lesion": WON}, subjects=1)
    page = write_detection(folder).read_text()
    assert "beats every baseline for none of the 1 kinds" in page
    assert "±" not in page
    area = json.loads((folder / "anomaly.json").read_text())["damage"]["lesion"]["auroc"]["model_elbo"]
    assert area == {"value": 1, "low": None, "high": None}


def test_a_table_without_the_scores_to_judge_is_refused(write):
    path = write({"clean": CLEAN, "lesion": WON}) / "anomaly.csv"
    path.write_text(path.read_text().replace("model_bias", "other_bias"))
    with pytest.raises(ValueError, match="must have the columns model_bias, got none of these"):
        detection(path.parent)


def test_a_table_without_damage_is_refused(write):
    with pytest.raises(ValueError, match="`path` must hold \"clean\" and damaged slices, got \\['clean'\\]"):
        detection(write({"clean": CLEAN}))
