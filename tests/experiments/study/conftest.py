"""A data set of five small volumes, and a study of it that takes a second."""

import copy
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import yaml

from experiments.checked import checked
from experiments.study.methods import make_methods
from experiments.study.plan import Plan
from experiments.study.records import write_study
from experiments.study.run import Run, Slices
from experiments.study.slices import References, Slice
from monai_blurvae.data import Preprocessing

CONTENT = {
    "conditions": {"lines": ["uniform"], "coils": [1, 2], "noise_db": [None], "acceleration": [2, 4]},
    "simulation": {"centre_lines": 4, "amplitude_rad": 1.0, "cycles": 1, "multiple": 2},
    "fractions": [0.25, 0.75],
    "tuning": {"subjects": 1, "fraction": 0.5, "extensions": 1},
    "seed": 0,
    "split_seed": 0,
    "methods": [
        {"name": "zero-filled", "function": "zero_filled", "weights": [0]},
        {"name": "TV", "function": "total_variation", "weights": [1e-3, 1e-2], "settings": {"iterations": 3}},
    ],
    "aim": {
        "method": "TV",
        "sparse": ["zero-filled"],
        "acceleration": [4],
        "margin_acceleration": 4,
        "margin": 20,
    },
    "figure": {"lines": "uniform", "coils": 2, "noise_db": None, "acceleration": 4, "subject": 0, "slice": 1},
}


def facts(identities):
    """What a start of the study writes down beside its file."""
    about = {"tuning": ["sub-00"], "held_out": 1, "orientation": "PLS", "spacing": None}
    return {"identities": identities, "test": ["sub-03", "sub-04"]} | about


@pytest.fixture
def content():
    return copy.deepcopy(CONTENT)


@pytest.fixture
def volumes(tmp_path: Path) -> Path:
    """Three subjects to train and two to test: a box of 20 x 18 x 9 random voxels."""
    generator = np.random.default_rng(0)
    for number in range(5):
        volume = np.zeros((26, 24, 15), dtype=np.float32)
        volume[3:23, 3:21, 3:12] = generator.uniform(50, 100, (20, 18, 9))
        folder = tmp_path / "volumes" / ("train" if number < 3 else "test")
        folder.mkdir(parents=True, exist_ok=True)
        nib.save(nib.Nifti1Image(volume, np.eye(4)), folder / f"sub-{number:02d}_T1w.nii.gz")
    return tmp_path / "volumes"


@pytest.fixture
def make_run(tmp_path, volumes):
    """Make the run of a study file's content, its output in `out`, what it asks for written down."""

    def make(content, part=None):
        plan = checked(Plan, content, "study.yaml")
        references = References(Preprocessing(min_size=(8, 8), margin=2), plan.simulation, plan.seed)
        files = sorted((volumes / "test").iterdir())
        test = [Slice(path, fraction) for path in files for fraction in plan.fractions]
        tuning = [Slice(min((volumes / "train").iterdir()), 0.5)]
        methods = make_methods(plan.methods, {"wiener": None})
        run = Run(plan, methods, references, Slices(tuning, test), tmp_path / "out", part)
        names = [method.name for method in plan.methods]
        write_study(tmp_path / "out", plan, facts(dict(zip(names, run.identities, strict=True))))
        return run

    return make


@pytest.fixture
def write_config(tmp_path, content):
    def write(changed=None):
        path = tmp_path / "study.yaml"
        path.write_text(yaml.safe_dump(changed or content))
        return path

    return write
