"""A bundle written from the installed package trains, far from any checkout."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from monai_blurvae.workflow import load_pretrained
from monai_blurvae.workflow.init import init
from tests.bundle.conftest import ROOT, TINY, write_volume

SOURCES = (
    "pyproject.toml",
    "setup.py",
    "MANIFEST.in",
    "README.md",
    "LICENSE",
    "monai_blurvae",
    "bundle",
    "configs",
)


def test_what_is_written_is_what_the_repository_has(tmp_path):
    bundle = init(tmp_path / "new")
    assert bundle == tmp_path / "new" / "bundle"
    written = [path for path in (tmp_path / "new").rglob("*") if path.is_file()]
    for path in written:
        assert path.read_bytes() == (ROOT / path.relative_to(tmp_path / "new")).read_bytes()
    names = {str(path.relative_to(tmp_path / "new")) for path in written}
    assert {"bundle/configs/train.json", "bundle/configs/metadata.json", "bundle/LICENSE"} <= names
    assert {"bundle/docs/README.md", "configs/released.yaml", "configs/README.md"} <= names
    weights = ("model.pt", "SHA256SUMS", "prior/pixel_scale.pt", "autoencoder_kl/settings.json")
    assert {f"bundle/models/{name}" for name in weights} <= names


def test_what_is_written_needs_only_the_package(tmp_path):
    bundle = init(tmp_path)
    for path in (*bundle.glob("configs/*"), *(tmp_path / "configs").glob("*.yaml")):
        assert "experiments" not in path.read_text(encoding="utf-8"), path.name
    assert (ROOT / "bundle" / "configs" / "anomaly.json").is_file()
    assert not (bundle / "configs" / "anomaly.json").exists()


@pytest.mark.parametrize("name", ["bundle", "configs"])
def test_nothing_is_written_over(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(FileExistsError, match=f"`folder` must have no {name} yet"):
        init(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.slow
def test_a_wheel_trains_from_its_own_copy_of_the_bundle(tmp_path):
    source, site = tmp_path / "source", tmp_path / "site"
    source.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            unwanted = shutil.ignore_patterns("runs", "__pycache__")
            shutil.copytree(ROOT / name, source / name, ignore=unwanted)
        else:
            shutil.copy(ROOT / name, source)

    def python(*arguments: object, cwd: Path = tmp_path) -> str:
        env = {**os.environ, "PYTHONPATH": str(site), "MONAI_BLURVAE_CACHE": str(tmp_path / "cache")}
        command = [sys.executable, *map(str, arguments)]
        done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    python("-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", "wheels", source)
    (wheel,) = (tmp_path / "wheels").glob("*.whl")
    python("-m", "pip", "install", "--no-deps", "--target", site, wheel)
    assert str(site) in python("-c", "import monai_blurvae; print(monai_blurvae.__file__)")
    assert "blurvae train" in python("-m", "monai_blurvae.workflow.cli", "init", "work")

    for seed in range(3):
        write_volume(tmp_path / "volumes" / f"sub-{seed}_T1w.nii.gz", seed)
    settings = {**TINY, "epochs": 1, "warmup_epochs": 0, "test_at_end": False, "run_name": "first"}
    options = [word for name, value in settings.items() for word in (f"--{name}", value)]
    volumes, work = ["--dataset_dir", tmp_path / "volumes"], tmp_path / "work"
    said = python("-m", "monai_blurvae.workflow.cli", "train", *volumes, *options, cwd=work)
    assert "+ python -m monai.bundle run training --config_file bundle/configs/train.json" in said
    assert (tmp_path / "work" / "bundle" / "runs" / "first" / "model.pt").is_file()
    assert load_pretrained(work / "bundle" / "models").network.image_size == 64


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError, match="`folder` must be a folder or a new name, got the file"):
        init(tmp_path / "file")
