import json
import math
from collections import Counter

import numpy as np
import pytest

from experiments.study.plan import Condition
from experiments.study.records import Results, image_file, read_ledgers
from experiments.study.run import best_weight, beyond

CONDITIONS, SLICES, GRID = 4, 4, 2


def test_every_slice_is_reconstructed_once_by_every_method_under_every_condition(make_run, content, tmp_path):
    run = make_run(content)
    assert run.missing() == CONDITIONS * (SLICES + GRID + SLICES)  # zero-filling has no weight to choose
    computed = run()
    trials, results = (read_ledgers(tmp_path / "out", name).records for name in ("trials", "results"))
    assert computed == len(trials) + len(results)
    keys = Counter(
        (item["method"], item["coils"], item["acceleration"], item["subject"], item["fraction"])
        for item in results
    )
    assert len(keys) == CONDITIONS * SLICES * 2
    assert set(keys.values()) == {1}
    assert {item["subject"] for item in trials} == {"sub-00"}


def test_a_second_run_computes_nothing(make_run, content):
    make_run(content)()
    again = make_run(content)
    assert again.missing() == 0
    assert again() == 0


def test_a_run_that_stopped_goes_on_where_it_was(make_run, content, tmp_path):
    whole = make_run(content)()
    path = tmp_path / "out" / "results.jsonl"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:10]) + "\n" + lines[10][:20])
    assert make_run(content)() == len(lines) - 10 < whole
    done = read_ledgers(tmp_path / "out", "results").records
    assert {(item["method"], item["nrmse"]) for item in done} == {
        (item["method"], item["nrmse"]) for item in map(json.loads, lines)
    }


def test_other_settings_are_computed_anew_and_alone(make_run, content):
    make_run(content)()
    content["methods"][1]["settings"]["iterations"] = 4
    assert make_run(content).missing() == CONDITIONS * (GRID + SLICES)


def test_parts_share_the_conditions_and_make_the_whole(make_run, content, tmp_path):
    first, second = make_run(content, (1, 2)), make_run(content, (2, 2))
    assert sorted(first.conditions + second.conditions) == sorted(make_run(content).conditions)
    first()
    second()
    assert make_run(content)() == 0
    assert (tmp_path / "out" / "results.1of2.jsonl").is_file()
    assert Results(tmp_path / "out").done() == Results(tmp_path / "out").expected()


def test_the_weight_is_the_best_of_those_tried(make_run, content, tmp_path):
    make_run(content)()
    for chosen in Results(tmp_path / "out").weights():
        if chosen["tried"]:
            assert f"{chosen['weight']:g}" == min(chosen["tried"], key=chosen["tried"].get)


def test_the_slice_of_the_figure_is_kept(make_run, content, tmp_path):
    run = make_run(content)
    run()
    reference = run.references(run.slices.test[1])[0, 0].abs().numpy()
    np.testing.assert_array_equal(np.load(image_file(tmp_path / "out", "reference")), reference)
    stored = np.load(image_file(tmp_path / "out", "zero-filled"))
    scaled = stored * np.linalg.norm(reference) / np.linalg.norm(stored)
    error = 100 * np.linalg.norm(scaled - reference) / np.linalg.norm(reference)
    values = Results(tmp_path / "out").values("zero-filled", Condition("uniform", 2, None, 4), "nrmse")
    assert error == pytest.approx(values["sub-03", 0.75], rel=1e-4)


def test_a_picture_that_was_removed_is_made_again(make_run, content, tmp_path):
    make_run(content)()
    image_file(tmp_path / "out", "TV").unlink()
    assert make_run(content)() == 1
    assert image_file(tmp_path / "out", "TV").is_file()


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
