"""The bundle is what MONAI's own checks ask for, without exclusions."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from monai.bundle import ckpt_export, verify_metadata, verify_net_in_out

from monai_blurvae import __version__
from tests.bundle.conftest import BUNDLE, ROOT

REQUIRED = [
    "configs/metadata.json", "configs/inference.json", "configs/train.json", "configs/evaluate.json",
    "configs/multi_gpu_train.json", "configs/reconstruct.json", "configs/logging.conf", "LICENSE",
    "docs/README.md", "docs/data_license.txt",
]  # fmt: skip


@pytest.mark.parametrize("name", REQUIRED)
def test_every_file_of_a_bundle_is_there(name):
    assert (BUNDLE / name).is_file()


@pytest.mark.parametrize("path", sorted((BUNDLE / "configs").glob("*.json")), ids=lambda path: path.name)
def test_configurations_are_indented_by_four_and_name_no_personal_path(path):
    text = path.read_text()
    assert text == json.dumps(json.loads(text), indent=4) + "\n"
    assert "/home" not in text
    assert "/root" not in text


def test_the_versions_agree():
    metadata = json.loads((BUNDLE / "configs/metadata.json").read_text())
    assert metadata["version"] == __version__
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    newest = next(line for line in changes if line.startswith("## "))
    assert citation["version"] == __version__
    assert newest == f"## [{__version__}] - {citation['date-released']}"
    assert metadata["version"] in metadata["changelog"]
    pins = dict(
        line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line
    )
    for package, name in (("monai", "monai"), ("torch", "pytorch"), ("numpy", "numpy")):
        assert metadata[f"{name}_version"] == pins[package]
    for package, version in metadata["required_packages_version"].items():
        assert version == pins.get(package, __version__)


def test_the_training_workflow_has_every_property(start):
    workflow = start()
    assert workflow.check_properties() == []
    for part in ("train", "validate"):  # MONAI's properties `train_dataset_data` and `val_dataset_data`
        assert workflow.parser[f"{part}::dataset::data"] == f"@{part.removesuffix('idate')}_volumes"


def test_the_inference_workflow_has_every_property(start, tiny_weights, dataset):
    workflow = start(
        "inference.json",
        run_id="run",
        ckpt_path=str(tiny_weights),
        dataset_dir=str(dataset / "test"),
        workflow_type="infer",
    )
    assert workflow.check_properties() == []


def test_metadata_is_valid(tmp_path):
    """Against a schema with the published constraints, laid where MONAI would download it to."""
    schema = tmp_path / "schema.json"
    schema.write_text((Path(__file__).parent / "metadata_schema.json").read_text())
    verify_metadata(meta_file=str(BUNDLE / "configs/metadata.json"), filepath=str(schema))


def test_the_network_gives_one_tensor_of_the_promised_shape():
    for config in ("train.json", "inference.json"):
        verify_net_in_out(
            net_id="network_def",
            meta_file=str(BUNDLE / "configs/metadata.json"),
            config_file=[str(BUNDLE / "configs" / config)],
            device="cpu",
        )


def test_the_weights_export_by_script_and_need_only_torch(start, tiny_weights, tmp_path):
    workflow = start()
    network = workflow.network_def.eval()
    network.load_state_dict(torch.load(tiny_weights, weights_only=True))
    config = tmp_path / "tiny.json"
    parser = workflow.parser
    config.write_text(json.dumps({k: v for k, v in parser.get().items() if k != parser.meta_key}))
    ckpt_export(
        net_id="network_def",
        filepath=str(tmp_path / "model.ts"),
        ckpt_file=str(tiny_weights),
        meta_file=str(BUNDLE / "configs/metadata.json"),
        config_file=str(config),
        key_in_ckpt="",
        use_trace=False,
    )
    image = torch.rand(2, 1, 32, 32) * 2 - 1
    torch.save(image, tmp_path / "image.pt")
    alone = (
        "import sys, torch; y = torch.jit.load('model.ts')(torch.load('image.pt'));"
        "torch.save(y, 'out.pt'); "
        "assert not {'monai', 'monai_blurvae'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-I", "-c", alone], cwd=tmp_path, check=True)  # as MONAI Deploy and Label
    with torch.no_grad():
        torch.testing.assert_close(torch.load(tmp_path / "out.pt"), network(image))
