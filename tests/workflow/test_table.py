"""The table of settings knows every setting, and the page of the documentation is made from it."""

import json
from pathlib import Path

import pytest
from monai.bundle import ConfigParser

from monai_blurvae.workflow.commands import COMMANDS
from monai_blurvae.workflow.table import (
    EVALUATED,
    GROUPS,
    check_values,
    help_text,
    page,
    refuse_dropped,
    settings_of,
)

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / "bundle" / "configs"


def configuration(name: str) -> dict:
    files = [name] if "+" not in (CONFIGS / name).read_text(encoding="utf-8") else ["train.json", name]
    return {**ConfigParser.load_config_files([str(CONFIGS / file) for file in files])}


def unused(name: str) -> object:
    raise AssertionError(f"{name} must not be evaluated")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_setting_of_a_command_has_a_place_in_the_table(name):
    config = configuration(name)
    ids = list(json.loads((CONFIGS / name).read_text(encoding="utf-8")))
    named = {key.lstrip("+") for key in ids[: ids.index("initialize")]} - {"imports", "base_files", "extra"}
    assert named <= settings_of(["train.json", name], config).keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_the_defaults_fit_the_table_and_every_setting_is_described(name):
    config = configuration(name)
    settings = settings_of(config["base_files"], config)
    check_values(settings, config, unused)
    assert all(setting.text.endswith(".") for setting in settings.values())


def test_the_configuration_states_every_field_of_model_loss_and_images():
    config = configuration("train.json")
    for group, kind in GROUPS.items():
        values = ConfigParser(config)[group]
        assert values.keys() == kind.__dataclass_fields__.keys()
        for field, value in values.items():
            stated = config[value.removeprefix("@")]
            default = kind.__dataclass_fields__[field].default
            assert stated == (list(default) if isinstance(default, tuple) else default)


def test_expressions_of_other_ids_and_components_are_left_to_what_they_make():
    config = configuration("train.json")
    later = {"epochs": "$@seed / 2", "seed": "@epochs", "features": [8, "$2 * @epochs"]}
    check_values(
        settings_of(["train.json"], config), {**config, **later, "augmentation": {"_target_": "a.b"}}, unused
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [("batch_size", "$float('nan')"), ("learning_rate", "$float('inf')"), ("features", [8, "$-1"])],
)
def test_other_expressions_are_evaluated_and_checked(name, text):
    config = configuration("train.json") | {name: text}
    with pytest.raises(ValueError, match=rf"^`{name}(\[1\])?` must be .*, got (nan|inf|-1)$"):
        check_values(
            settings_of(["train.json"], configuration("train.json")),
            config,
            ConfigParser(config).get_parsed_content,
        )


@pytest.mark.parametrize("name", ["compile", "run_name", "cache_dir", "gradient_clip"])
def test_none_in_place_of_a_value_is_refused(name):
    config = configuration("train.json")
    settings = settings_of(["train.json"], config)
    with pytest.raises(ValueError, match=f"^`{name}` must be .*, got None, which MONAI drops"):
        refuse_dropped(settings, config | {"gradient_clip": 1.0}, [name])
    refuse_dropped(settings, config, ["gradient_clip", "hidden", "added"])


def test_a_value_is_refused_by_its_id():
    config = configuration("train.json")
    for name, value in {"ring_spacing": [0], "loss": "l3", "val_interval": 0, "split_seed": -1}.items():
        with pytest.raises(ValueError, match=rf"^`{name}(\[0\])?` must be "):
            check_values(settings_of(["train.json"], config), {**config, name: value}, unused)


def test_help_has_default_range_unit_and_meaning():
    config = configuration("train.json")
    text = help_text(settings_of(["train.json"], config))
    assert "--decay (0.98): a number in [0, 1)\n    Weight of earlier batches in the measured blur." in text
    assert "--spacing (null): a list of 3, each a number above 0, in mm or null\n" in text
    assert "--output_dir (computed): a word\n" in text
    assert not any(f"({mark}" in text for mark in EVALUATED)


def test_the_page_of_settings_is_up_to_date():
    """If not: `python -m monai_blurvae.workflow.table bundle > docs/settings.md`."""
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == page(ROOT / "bundle")
