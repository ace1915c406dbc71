import math

import pytest
import yaml

from experiments.checked import checked
from experiments.study.methods import make_methods
from experiments.study.plan import Condition, Plan, read_plan
from tests.pages import ROOT


def plan_of(content):
    return checked(Plan, content, "study.yaml")


STUDIES = sorted((ROOT / "configs" / "studies").glob("reconstruction*.yaml"))
RELEASED = ROOT / "bundle" / "models" / "prior" / "model.pt"


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.name)
def test_the_repository_s_own_studies_of_reconstruction_can_be_made(path):
    plan = read_plan(path)
    made = make_methods(plan.methods, {"wiener": str(RELEASED), "l2": str(RELEASED)})
    assert [item.method.name for item in made] == [method.name for method in plan.methods]
    lists = yaml.safe_load(path.read_text())["conditions"].values()
    assert len(plan.all_conditions) == math.prod(len(values) for values in lists) > 0


def test_every_list_of_conditions_is_combined_with_every_other(content):
    content["conditions"]["noise_db"] = [None, 30]
    plan = plan_of(content)
    assert len(plan.all_conditions) == len(set(plan.all_conditions)) == 1 * 2 * 2 * 2
    assert plan.all_conditions[0] == Condition("uniform", 1, None, 2)


def test_conditions_do_not_depend_on_the_order_of_their_keys(content):
    other = {**content, "conditions": dict(reversed(content["conditions"].items()))}
    assert plan_of(other).all_conditions == plan_of(content).all_conditions


def test_grids_are_sorted_without_doubles(content):
    content["methods"][1]["weights"] = [1, 0.1, 1.0]
    assert plan_of(content).methods[1].grid == [0.1, 1.0]


def test_a_file_is_read_as_its_content(write_config, content):
    assert read_plan(write_config()) == plan_of(content)


def test_a_missing_file_and_one_that_is_no_yaml_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"`config` must be a YAML file, got .*does not exist"):
        read_plan(tmp_path / "none.yaml")
    (tmp_path / "broken.yaml").write_text("{")
    with pytest.raises(ValueError, match="`config` must be a YAML file"):
        read_plan(tmp_path / "broken.yaml")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda c: c.update(fraction=[]),
            r"`fraction` of study.yaml: unknown key \(did you mean `fractions`\?\)",
        ),
        (lambda c: c.pop("aim"), "`aim` of study.yaml: must be given"),
        (lambda c: c["tuning"].update(subject=1), r"`tuning::subject` .*did you mean `subjects`\?"),
        (lambda c: c["tuning"].update(subjects="1"), "`tuning::subjects` .*integer, got '1'"),
        (
            lambda c: c["conditions"].update(lines=["uniform_"]),
            "`conditions::lines::0` .*'uniform'.*got 'uniform_'",
        ),
        (lambda c: c["conditions"].update(coils=[0]), "`conditions::coils::0` .* equal to 1, got 0"),
        (lambda c: c["conditions"].update(acceleration=[]), "`conditions::acceleration` .* at least 1 item"),
        (lambda c: c["conditions"].update(noise_db=["30"]), "`conditions::noise_db::0.*got '30'"),
        (lambda c: c["methods"][0].update(weight=1), r"`methods::0::weight` .*did you mean `weights`\?"),
        (lambda c: c["methods"][0].update(weights=[-1]), "`methods::0::weights::0.* equal to 0, got -1"),
        (lambda c: c["methods"][0].update(name="TV"), "different names, got TV twice"),
        (lambda c: c["aim"].update(method="TVs"), r"got 'TVs' \(did you mean `TV`\?\)"),
        (lambda c: c.update(fractions=[1.5]), "`fractions::0.* equal to 1, got 1.5"),
        (lambda c: c.update(seed=True), "`seed` .*integer, got True"),
    ],
)
def test_what_is_unknown_or_out_of_range_is_refused(content, change, message):
    change(content)
    with pytest.raises(ValueError, match=message):
        plan_of(content)
