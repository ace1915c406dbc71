import math
from pathlib import Path

import pytest
import yaml

from experiments.study.condition import Condition
from experiments.study.methods import FUNCTIONS
from experiments.study.plan import plan_of, read_plan

STUDIES = sorted((Path(__file__).parents[3] / "configs" / "studies").glob("*.yaml"))


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.name)
def test_the_repository_s_own_studies_can_be_read(path):
    plan = read_plan(path)
    assert {method.function for method in plan.methods} <= FUNCTIONS.keys()
    lists = yaml.safe_load(path.read_text())["conditions"].values()
    assert len(plan.conditions) == math.prod(len(values) for values in lists) > 0


def test_every_list_of_conditions_is_combined_with_every_other(content):
    content["conditions"]["noise_db"] = [None, 30]
    plan = plan_of(content, "study.yaml")
    assert len(plan.conditions) == len(set(plan.conditions)) == 1 * 2 * 2 * 2
    assert plan.conditions[0] == Condition("uniform", 1, None, 2)


def test_conditions_do_not_depend_on_the_order_of_their_keys(content):
    other = {**content, "conditions": dict(reversed(content["conditions"].items()))}
    assert plan_of(other, "study.yaml").conditions == plan_of(content, "study.yaml").conditions


def test_grids_are_sorted_without_doubles(content):
    content["methods"][1]["weights"] = [1, 0.1, 1.0]
    assert plan_of(content, "study.yaml").methods[1].weights == (0.1, 1.0)


def test_a_file_is_read_as_its_content(write_config, content):
    assert read_plan(write_config()) == plan_of(content, "study.yaml")


def test_a_missing_file_and_one_that_is_no_yaml_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"`config` must be a YAML file, got .*does not exist"):
        read_plan(tmp_path / "none.yaml")
    (tmp_path / "broken.yaml").write_text("{")
    with pytest.raises(ValueError, match="`config` must be a YAML file"):
        read_plan(tmp_path / "broken.yaml")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(fraction=[]), r"got `fraction` \(did you mean `fractions`\?\)"),
        (lambda c: c.pop("aim"), "`aim` of study.yaml must be given"),
        (lambda c: c["tuning"].update(subject=1), r"got `subject` \(did you mean `subjects`\?\)"),
        (lambda c: c["tuning"].update(subjects="1"), "`subjects` of `tuning` .* type int, got '1'"),
        (
            lambda c: c["conditions"].update(lines=["uniform_"]),
            r"got 'uniform_' \(did you mean `uniform`\?\)",
        ),
        (lambda c: c["conditions"].update(coils=[0]), "`coils` .* from 1 to inf, got 0"),
        (lambda c: c["conditions"].update(acceleration=[]), "`acceleration` .* list that is not empty"),
        (lambda c: c["conditions"].update(noise_db=["30"]), "`noise_db` .* got '30'"),
        (lambda c: c["methods"][0].update(weight=1), r"got `weight` \(did you mean `weights`\?\)"),
        (lambda c: c["methods"][0].update(weights=[-1]), "`weights` .* from 0 to inf, got -1"),
        (lambda c: c["methods"][0].update(name="TV"), "names of their own, got TV twice"),
        (lambda c: c["aim"].update(method="TVs"), r"unknown 'TVs' \(did you mean `TV`\?\)"),
        (lambda c: c.update(fractions=[1.5]), "from 0 to 1, got 1.5"),
        (lambda c: c.update(seed=True), "`seed` .* type int, got True"),
    ],
)
def test_what_is_unknown_or_out_of_range_is_refused(content, change, message):
    change(content)
    with pytest.raises(ValueError, match=message):
        plan_of(content, "study.yaml")
