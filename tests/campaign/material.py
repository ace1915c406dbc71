"""What the cases are made of: tiny volumes, k-space, weights and a run, and the commands on them."""

import os
import shutil
import sys
from pathlib import Path

import h5py
import ismrmrd
import monai.bundle
import nibabel as nib
import numpy as np
import torch
from fire.parser import DefaultParseValue

from monai_blurvae.mri import image_to_kspace, simulated_coil_maps
from tests.bundle.conftest import TINY, write_volume
from tests.campaign.attempt import ROOT, Case, attempt
from tests.inference.scans.scan import phantom
from tests.mri.test_ismrmrd_slices import HEADER, write
from tests.mri.test_stored_slices import write_cfl

SIZE = (40, 36)
TRAIN = {**TINY, "image_size": 16, "features": [4, 8], "cache_in_memory": False}
LESION = {"_target_": "experiments.anomaly.Lesion", "diameter": 4, "contrast": 0.3}
FILES = {
    "training": "bundle/configs/train.json",
    "inference": "bundle/configs/inference.json",
    "reconstruct": "bundle/configs/reconstruct.json",
    "anomaly": "bundle/configs/anomaly.json",
    "evaluating": ["runs/done/config.json", "bundle/configs/evaluate.json"],
    "fitting": ["runs/done/config.json", "bundle/configs/pixel_scale.json"],
}
"""The configuration files of each command."""
BASE = {
    "training": TRAIN,
    "inference": {"dataset_dir": "data/test/sub-03_T1w.nii.gz", "samples": 2, "overlap": 0.0},
    "reconstruct": {
        "kspace": "kspace.npy",
        "coil_maps": "maps.npy",
        "iterations": 1,
        "samples": 0,
        "slices": 0,
    },
    "anomaly": {"slices": 1, "min_brain": 0.25, "corruptions": [LESION]},
    "evaluating": {},
    "fitting": {"batches_per_epoch": 1, "overwrite": True},
}
"""What makes each command end within seconds."""


def settings_of(command, folder, **settings):
    """Give the settings of a command, tiny, with its output in a folder; text is read as Fire reads it."""
    weights = {} if command == "training" else {"ckpt_path": "runs/done/model.pt"}
    data = {} if command == "reconstruct" else {"dataset_dir": "data", "cache_dir": "cache"}
    place = {} if command == "fitting" else {"output_dir": str(folder / "runs"), "run_name": "run"}
    if "resume" in settings:
        del place["run_name"]
    read = {
        name: DefaultParseValue(text) if isinstance(text, str) else text for name, text in settings.items()
    }
    return {"device": "cpu", **weights, **data, **place, **BASE[command], **read}


def run(command, folder, config=None, **settings):
    """Run a command of the bundle through MONAI's own entry point, in this process."""
    given = {"config_file": config or FILES[command], "logging_file": False}
    run_id = "run" if command == "inference" else command
    monai.bundle.run(run_id, **given, **settings_of(command, folder, **settings))


def command_line(command, folder, **settings):
    """Give the same command as a user types it."""
    words = [sys.executable, "-m", "monai.bundle", "run", *([] if command == "inference" else [command])]
    given = {"config_file": FILES[command], **settings_of(command, folder, **settings)}
    return [*words, *(f"--{name}={value}" for name, value in given.items())]


def write_kspace(path):
    """Two slices of four coils of a phantom as .npy, .cfl, .mrd of ISMRMRD, or .h5 of the fastMRI layout."""
    one = image_to_kspace(simulated_coil_maps(4, SIZE) * phantom(SIZE)).numpy()
    y = np.concatenate([one, 2 * one])
    if path.suffix == ".npy":
        np.save(path, y)
        return
    if path.suffix == ".cfl":
        write_cfl(path, y.swapaxes(2, 3), (*SIZE, 1, 4, *[1] * 9, 2, 1, 1))
        return
    if path.suffix == ".mrd":
        header = HEADER.replace("<x>12</x><y>5</y>", f"<x>{SIZE[0]}</x><y>{SIZE[1]}</y>")
        header = header.replace("<x>6</x><y>5</y>", f"<x>{SIZE[0]}</x><y>{SIZE[1]}</y>")
        header = header.replace("440", "220").replace("<center>2<", f"<center>{SIZE[1] // 2}<")
        columns = [(number, column) for number in range(len(y)) for column in range(SIZE[1])]
        readouts = [
            ismrmrd.Acquisition.from_array(
                np.ascontiguousarray(y[number, :, :, column]), center_sample=SIZE[0] // 2
            )
            for number, column in columns
        ]
        for readout, (number, column) in zip(readouts, columns, strict=True):
            readout.idx.slice, readout.idx.kspace_encode_step_1 = number, column
        write(path, readouts, header)
        return
    with h5py.File(path, "w") as file:
        file["kspace"] = y
        file["reconstruction_rss"] = np.abs(np.repeat(phantom(SIZE)[0].numpy(), 2, 0)).astype(np.float32)


def make_workspace(folder):
    """Write the bundle, a data set, k-space, and a finished run with its weights; move there."""
    folder.chmod(0o755)  # for what is tried as nobody
    shutil.copytree(ROOT / "bundle", folder / "bundle", ignore=shutil.ignore_patterns("runs", "models"))
    (folder / "configs").symlink_to(ROOT / "configs")
    os.chdir(folder)
    os.environ |= {"MONAI_BLURVAE_CACHE": str(folder / "cache"), "TORCH_HOME": str(folder / "torch")}
    os.environ["PYTHONPATH"] = str(ROOT)
    for seed in range(5):
        name = f"data/{'train' if seed < 3 else 'test'}/sub-{seed:02d}_T1w.nii.gz"
        write_volume(Path(name), seed, (28, 26, 24))
    nib.save(nib.load("data/test/sub-03_T1w.nii.gz"), "plain.nii")
    for name in ("kspace.npy", "kspace.h5", "kspace.cfl", "kspace.mrd"):
        write_kspace(Path(name))
    np.save("maps.npy", simulated_coil_maps(4, SIZE)[0].numpy())
    np.save("ones.npy", np.ones(SIZE))
    np.save("reference.npy", phantom(SIZE)[0, 0].abs().numpy())
    torch.manual_seed(0)
    train = Case("training", lambda _: run("training", Path(), output_dir="runs", run_name="done"), good=True)
    (made,) = attempt([train], folder)
    if not Path("runs/done/test/measures.json").is_file():
        raise RuntimeError(f"the workspace could not be made: {made}")
    shutil.copytree("runs/done", "bundle/models")
