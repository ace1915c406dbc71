"""Every name in a configuration can be imported, and every overlay stands on the page about them."""

import re
from pathlib import Path
from pydoc import locate

import pytest
from monai.bundle import ComponentLocator, ConfigComponent, ConfigParser

from experiments.sweep import read_sweep
from tests.bundle.conftest import BUNDLE, ROOT
from tests.bundle.experiments import PAGE, commands_of_the_page

OVERLAYS = sorted((ROOT / "configs").glob("*.yaml"))
LOSSES = [path for path in OVERLAYS if path.stem.startswith(("loss_", "fixed_kernel_"))]
SWEEPS = sorted((ROOT / "configs" / "sweeps").glob("*.yaml"))
FILES = [*sorted((BUNDLE / "configs").glob("*.json")), *OVERLAYS]


def targets(config):
    if isinstance(config, dict):
        if "_target_" in config:
            yield config["_target_"]
        config = list(config.values())
    if isinstance(config, list):
        for item in config:
            yield from targets(item)


def name_of(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_target_resolves(path):
    locator = ComponentLocator()
    for target in targets(ConfigParser.load_config_file(path)):
        component = ConfigComponent(config={"_target_": target}, id="", locator=locator)
        assert callable(locate(component.resolve_module_name())), target


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_name_of_the_package_in_a_target_or_an_expression_resolves(path):
    for name in set(re.findall(r"monai_blurvae(?:\.\w+)+", path.read_text())):
        assert locate(name) is not None, name


def test_every_overlay_is_described_on_the_page_and_in_one_of_its_commands():
    """Each command trains in `test_experiments.py`."""
    described = set(re.findall(r"`(configs/[\w.]+\.yaml)`", PAGE.read_text()))
    used = {file for command in commands_of_the_page() for file in command.files}
    names = {f"configs/{path.name}" for path in OVERLAYS}
    assert names == described
    assert names <= used


@pytest.mark.parametrize("path", SWEEPS, ids=name_of)
def test_a_sweep_reads_and_stands_on_the_page(path):
    assert read_sweep(path)
    assert f"configs/sweeps/{path.name}" in PAGE.read_text()


def train_json(**settings):
    config = ConfigParser.load_config_file(BUNDLE / "configs" / "train.json")
    return ConfigParser(config | settings)


@pytest.mark.parametrize(
    "path", [path for path in OVERLAYS if path.stem.startswith(("loss_", "fixed_kernel"))], ids=name_of
)
def test_a_loss_without_overlay_has_the_label_of_its_overlay(path):
    overlay = ConfigParser.load_config_file(path)
    expected = overlay.pop("method_name")
    assert train_json(**overlay).get_parsed_content("method_name") == expected


@pytest.mark.parametrize(
    ("settings", "label"),
    [
        ({"blur": "measured"}, "Wiener blur, measured"),
        ({"blur": "fixed"}, "Wiener blur (ours)"),
        ({"loss": "l2", "blur": "measured"}, "L2"),
    ],
)
def test_the_measured_blur_has_a_label_of_its_own(settings, label):
    assert train_json(**settings).get_parsed_content("method_name") == label


@pytest.mark.parametrize(
    ("folder", "label"),
    [
        ("cache/demo-5-subjects-seed-0/", "digital brains"),
        (Path("cache/demo-5-subjects-seed-0"), "digital brains"),
        ("t1_brain", "T1 brain slices"),
        (None, "T1 brain slices"),
    ],
)
def test_the_demo_has_a_label_of_its_own(folder, label):
    assert train_json(dataset_dir=folder).get_parsed_content("dataset_name") == label
