"""Every overlay passes the strict check and trains; every name in a configuration can be imported."""

import re
from pathlib import Path
from pydoc import locate

import pytest
from monai.bundle import ComponentLocator, ConfigComponent, ConfigParser, create_workflow

from tests.bundle.conftest import BUNDLE, ROOT, TINY, read_json

OVERLAYS = sorted((ROOT / "configs").glob("*.yaml"))
FILES = [*sorted((BUNDLE / "configs").glob("*.json")), *OVERLAYS]
SMALL = {
    name: TINY[name]
    for name in ("image_size", "batch_size", "val_batches", "test_batches", "warmup_epochs", "device", "amp")
}
"""What has to be small whatever an overlay says."""
SIX_BLOCKS = {"celebahq256.yaml": {"image_size": 64}}
"""Six blocks halve 64 pixels, not 32."""
BELOW = {"celeba64_crop.yaml": "celeba64.yaml"}
"""Overlays that lie on top of another."""
TWO_ITERATIONS = {"epochs": 2, "batches_per_epoch": 1}
"""One with identity covariance, one with the blur loss."""


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


@pytest.fixture
def train(bundle, dataset, images_of, tmp_path, monkeypatch, other_weights):
    """Train with an overlay, in what it leaves open and in what costs time as small as the other tests."""

    def go(overlay: Path):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("MONAI_BLURVAE_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("TORCH_HOME", str(other_weights))
        overlays = [overlay.with_name(name) for name in (BELOW.get(overlay.name), overlay.name) if name]
        own = [ConfigParser.load_config_file(path) for path in overlays]
        tiny = {key: value for key, value in TINY.items() if not any(key in settings for settings in own)}
        fixed = {**SMALL, **SIX_BLOCKS.get(overlay.name, {}), **TWO_ITERATIONS, "cache_processes": 0}
        fixed["dataset_dir"] = str(images_of(overlays[0].stem) or dataset)
        fixed["watson_weights"] = str(other_weights / "watson1.pth")
        workflow = create_workflow(
            config_file=["bundle/configs/train.json", *map(str, overlays)],
            run_id="training",
            logging_file=False,
            **{**tiny, **fixed, "run_name": "run"},
        )
        workflow.run()
        return {**own[-1], **fixed}, workflow.parser.get_parsed_content("train::trainer")

    return go


@pytest.mark.parametrize("overlay", OVERLAYS, ids=name_of)
def test_an_overlay_passes_the_strict_check_and_trains_two_iterations_with_its_settings(
    train, overlay, tmp_path
):
    own, trainer = train(overlay)
    run = tmp_path / "bundle" / "runs" / "run"
    assert trainer.state.iteration == 2
    assert (run / "model.pt").is_file()
    used = ConfigParser(read_json(run / "config.json"))
    for key, value in own.items():
        assert used[key] == value, key


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


@pytest.mark.parametrize("overlay", OVERLAYS, ids=name_of)
def test_the_page_about_overlays_has_every_one(overlay):
    assert f"configs/{overlay.name}" in (ROOT / "configs" / "README.md").read_text()
