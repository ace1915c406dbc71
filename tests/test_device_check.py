"""The device check runs on a CPU, without TorchIO, on data that its own packer made."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import torch
from PIL import Image

from scripts.device.measures import against
from scripts.device.patches import Patches, discs
from scripts.device.results import Results, main

ROOT = Path(__file__).parents[1]
pack = runpy.run_path(str(ROOT / "scripts" / "pack_data.py"))["pack"]


def write_volume(path: Path, shape: tuple[int, int, int], affine: np.ndarray) -> np.ndarray:
    """Write a cube in an empty volume; its voxels rise along all axes."""
    voxels = np.zeros(shape, np.int16)
    inside = tuple(slice(4, size - 4) for size in shape)
    voxels[inside] = 100 + np.add.outer(np.add.outer(*map(np.arange, shape[:2])), np.arange(shape[2]))[inside]
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(voxels, affine), path)
    return voxels


@pytest.fixture
def volumes(tmp_path) -> Path:
    for split in ("train", "test"):
        write_volume(tmp_path / "volumes" / split / "sub-1.nii.gz", (70, 80, 24), np.eye(4))
    return tmp_path / "volumes"


def test_packed_slices_are_axial_and_show_anterior_above_and_right_to_the_left(tmp_path):
    voxels = write_volume(tmp_path / "ras" / "a.nii", (70, 80, 24), np.eye(4))
    flipped = nib.Nifti1Image(voxels[::-1], np.diag([-1.0, 1, 1, 1]))
    (tmp_path / "las").mkdir()
    nib.save(flipped, tmp_path / "las" / "a.nii")
    packed = pack(tmp_path / "ras", every=4)
    assert packed.shape == (4, 80, 70)  # of slices 2, 6, ..., 22 the first and the last lie outside the cube
    brightest = np.percentile(voxels[voxels > 0], 99.5)
    expected = np.round(255 * np.clip(voxels[::-1, ::-1, 6].T / brightest, 0, 1))
    np.testing.assert_array_equal(packed[0], expected)
    np.testing.assert_array_equal(pack(tmp_path / "las", every=4), packed)


def test_images_are_packed_beside_one_another_padded_to_one_size(tmp_path):
    for name, size in (("a", (64, 50)), ("b", (60, 70))):
        Image.fromarray(np.full(size, 200, np.uint8)).save(tmp_path / f"{name}.png")
    packed = pack(tmp_path, every=1)
    assert packed.shape == (2, 64, 70)
    assert [int((levels == 200).sum()) for levels in packed] == [64 * 50, 60 * 70]


def test_patches_are_cuts_of_the_slices_with_enough_foreground():
    slices = discs(3, 32, seed=0)
    slices[:, :, :20] = 0
    drawn = Patches(slices, 8).batch(50, torch.Generator().manual_seed(0))
    assert drawn.shape == (50, 1, 8, 8)
    cuts = slices.unfold(1, 8, 1).unfold(2, 8, 1).reshape(-1, 8, 8)
    levels = ((drawn[:, 0] + 1) * 127.5).round().byte()
    assert all((cuts == patch).flatten(1).all(1).any() for patch in levels)
    assert ((levels > 0).flatten(1).float().mean(1) >= 0.5).all()


def test_a_ratio_is_that_of_each_repetition():
    rows = against({"a": [1.0, 2.0, 4.0], "b": [2.0, 4.0, 8.0]}, "a")
    assert rows["b"]["ratio"] == {"median": 2, "low": 2, "high": 2}
    assert rows["a"]["milliseconds"]["median"] == 2000


def test_a_part_that_was_stopped_keeps_what_it_had_found(tmp_path):
    results = Results(tmp_path)
    results.start("steps")
    results.add("steps", "first table", [1])
    main(str(tmp_path), "steps", "124", "9")
    assert Results(tmp_path).parts["steps"]["state"] == "stopped at its time limit"
    assert "first table" in (tmp_path / "summary.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_short_check_runs_every_part_without_torchio(volumes, tmp_path):
    (tmp_path / "torchio.py").write_text(
        'raise ImportError("the check must not need TorchIO")', encoding="utf-8"
    )
    data, out = tmp_path / "data.npz", tmp_path / "out"
    command = [sys.executable, ROOT / "scripts" / "pack_data.py", volumes, data]
    subprocess.run(command, check=True, capture_output=True)
    environment = {
        **os.environ,
        "PYTHON": sys.executable,
        "DATA": str(data),
        "PYTHONPATH": str(tmp_path),
        "CUDA_VISIBLE_DEVICES": "",
    }
    done = subprocess.run(
        [ROOT / "scripts" / "device_check.sh", out, "--short"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    parts = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert list(parts) == ["machine", "equality", "steps", "training", "trace", "speed"]
    assert {part["state"] for part in parts.values()} == {"done"}
    written = {path.name for path in out.iterdir()}
    assert written == {"results.json", "summary.md", "picture.png", "trace.txt", "log.txt"}
