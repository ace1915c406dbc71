"""Unknown configuration keys are refused wherever they come from."""

import json

import monai.bundle
import pytest
from monai.bundle import ConfigParser

BASE = {
    "base_files": {"train.json": True},
    "extra": {},
    "epochs": 3,
    "width": 3,
    "save": True,
    "net": {"_target_": "torch.nn.Linear", "in_features": 2, "out_features": 3},
    "train": {"handlers": [], "trainer": {"_target_": "builtins.dict", "max_epochs": "@epochs"}},
}


@pytest.fixture
def bundle(tmp_path):
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "train.json").write_text(json.dumps(BASE))
    return tmp_path


def check(bundle, **override):
    """Evaluate the check inside a configuration, as a bundle does."""
    parser = ConfigParser(globals={"refuse": "monai_blurvae.workflow"})
    parser.read_config(str(bundle / "configs" / "train.json"))
    parser.update(override)
    parser["initialize"] = f"$refuse.refuse_unknown_keys({str(bundle)!r})"
    parser["base_files"] = {"train.json": True}
    config = parser.get()
    (bundle / "configs" / "train.json").write_text(json.dumps({**BASE, "initialize": config["initialize"]}))
    parser.get_parsed_content("initialize")
    return parser


def test_a_configuration_of_known_keys_passes(bundle):
    check(bundle, epochs=5)


@pytest.mark.parametrize(
    "own",
    [{"_helper": 3}, {"extra": {"helper": 3}}, {"extra::helper": 3}, {"train::_helper": 3}],
    ids=["underscore", "extra", "in extra", "nested underscore"],
)
def test_ids_of_the_users_own_pass(bundle, own):
    parser = check(bundle, **own)
    assert all(parser.get_parsed_content(name) for name in own)


@pytest.mark.parametrize("own", [{"helper": 3}, {"extras": {}}, {"train::extra": {"helper": 3}}])
def test_ids_that_are_not_marked_as_the_users_own_are_refused(bundle, own):
    with pytest.raises(RuntimeError) as error:
        check(bundle, **own)
    assert f"unknown `{next(iter(own))}`" in str(error.value.__cause__)


def test_the_ids_that_tracking_adds_pass_and_are_named_for_misspelt_ones(bundle):
    check(bundle, tracking_uri="sqlite:///mlruns.db", experiment_name="mine", save_execute_config=False)
    with pytest.raises(RuntimeError) as error:
        check(bundle, tracking_url="sqlite:///mlruns.db")
    assert "`tracking_url` (did you mean `tracking_uri`?)" in str(error.value.__cause__)


def test_a_misspelt_override_is_refused_and_the_nearest_key_named(bundle):
    with pytest.raises(RuntimeError) as error:
        check(bundle, epoks=5)
    assert "`epoks` (did you mean `epochs`?)" in str(error.value.__cause__)


def test_a_misspelt_nested_key_is_refused_by_its_whole_id(bundle):
    with pytest.raises(RuntimeError) as error:
        check(bundle, **{"train::handlrs": []})
    assert "`train::handlrs` (did you mean `train::handlers`?)" in str(error.value.__cause__)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ({"epochs": "ten"}, "`epochs` must be a number, got the text 'ten'"),
        ({"epochs": "3e1"}, "`epochs` must be a number, got the text '3e1' (YAML takes 3.0e-4 for a number"),
        ({"net::in_features": "2"}, "`net::in_features` must be a number, got the text '2'"),
        ({"save": "no"}, "`save` must be true or false, got the text 'no'"),
    ],
)
def test_text_in_place_of_a_number_is_refused(bundle, override, message):
    with pytest.raises(RuntimeError) as error:
        check(bundle, **override)
    assert message in str(error.value.__cause__)


@pytest.mark.parametrize("value", [5, None, 2.5, "$2 + 3", "@_five"])
def test_numbers_null_and_expressions_pass_in_place_of_a_number(bundle, value):
    check(bundle, width=value, _five=5)


def test_a_setting_that_monai_was_given_as_none_is_found_from_an_expression(tmp_path, capsys):
    text = json.dumps({"run": ["$print(__import__('monai_blurvae').workflow.caller.given_as_none())"]})
    (tmp_path / "given.json").write_text(text)
    monai.bundle.run(config_file=str(tmp_path / "given.json"), logging_file=False, epochs=None, width=3)
    assert "['epochs']" in capsys.readouterr().out


def test_a_component_may_be_given_any_argument_of_its_constructor(bundle):
    check(bundle, **{"net::bias": False})


def test_an_argument_that_a_constructor_does_not_take_is_refused(bundle):
    with pytest.raises(RuntimeError) as error:
        check(bundle, **{"net::in_featurs": 3})
    assert "`net::in_featurs` (did you mean `net::in_features`?)" in str(error.value.__cause__)


def test_a_component_of_another_type_is_checked_by_its_own_constructor(bundle):
    check(bundle, net={"_target_": "torch.nn.Conv2d", "in_channels": 1, "out_channels": 1, "kernel_size": 3})


def test_a_bundle_root_without_the_base_file_is_refused(bundle, tmp_path_factory):
    parser = ConfigParser(
        {**BASE, "initialize": f"$refuse.refuse_unknown_keys({str(tmp_path_factory.mktemp('x'))!r})"},
        globals={"refuse": "monai_blurvae.workflow"},
    )
    with pytest.raises(RuntimeError) as error:
        parser.get_parsed_content("initialize")
    assert "`bundle_root` must be the bundle's folder" in str(error.value.__cause__)


def test_a_configuration_of_another_version_is_refused_by_the_ids_it_lacks(bundle):
    (bundle / "configs" / "train.json").write_text(json.dumps(BASE))
    parser = ConfigParser(globals={"refuse": "monai_blurvae.workflow"})
    parser.read_config(str(bundle / "configs" / "train.json"))
    config = {key: value for key, value in parser.get().items() if key != "epochs"}
    config["initialize"] = f"$refuse.refuse_unknown_keys({str(bundle)!r})"
    parser.set(config)
    with pytest.raises(RuntimeError) as error:
        parser.get_parsed_content("initialize")
    assert "got none called `epochs`: another version wrote it" in str(error.value.__cause__)


def test_a_file_that_needs_another_one_says_so():
    config = {"base_files": {"evaluate.json": True}, "initialize": "$refuse.require_file('train.json')"}
    parser = ConfigParser(config, globals={"refuse": "monai_blurvae.workflow"})
    with pytest.raises(RuntimeError) as error:
        parser.get_parsed_content("initialize")
    assert "`config_file` must name train.json, or the config.json of a run, before evaluate.json" in str(
        error.value.__cause__
    )
