"""The real bundle on tiny volumes and a tiny network: every command a user types, in seconds."""

import json
import shutil
from contextlib import contextmanager
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from monai.bundle import create_workflow

from monai_blurvae.workflow import root_cause
from tests.image_folders import write_classes, write_faces

ROOT = Path(__file__).parents[2]
BUNDLE = ROOT / "bundle"
TINY = {
    "image_size": 32,
    "features": [4, 8, 8],
    "latent_size": 6,
    "hidden_size": 8,
    "kernel_size": 5,
    "norm_groups": 4,
    "batch_size": 4,
    "batches_per_epoch": 2,
    "val_batches": 1,
    "test_batches": 1,
    "epochs": 2,
    "warmup_epochs": 1,
    "device": "cpu",
    "amp": False,
}


def write_volume(path: Path, seed: int, shape=(44, 40, 36)) -> Path:
    """A textured ellipsoid on a zero background, on an oblique grid, as NIfTI."""
    rng = np.random.default_rng(seed)
    axes = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    brain = sum((a / 0.95) ** 2 for a in axes) < 1
    texture = 600 + 200 * np.sin(6 * axes[0] + seed) * np.cos(5 * axes[1]) + 30 * rng.standard_normal(shape)
    affine = np.array([[-0.9, 0.05, 0, 20], [0.05, 0.9, 0.1, -18], [0, -0.1, 1.1, -15], [0, 0, 0, 1]])
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image((texture * brain).astype(np.float32), affine), path)
    return path


@pytest.fixture(scope="session")
def dataset(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dataset")
    for part, seeds in (("train", range(3)), ("test", range(3, 5))):
        for seed in seeds:
            write_volume(folder / part / f"sub-{seed:02d}_T1w.nii.gz", seed)
    return folder


@pytest.fixture
def bundle(tmp_path) -> Path:
    """A copy of the bundle's folder alone, without what runs wrote."""
    return Path(shutil.copytree(BUNDLE, tmp_path / "bundle", ignore=shutil.ignore_patterns("runs", "models")))


@pytest.fixture
def start(bundle, dataset, tmp_path, monkeypatch):
    """Make a workflow of the copied bundle's configuration files, started from the folder above it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MONAI_BLURVAE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))  # no weights of other people's networks

    def make(*files: str, run_id: str = "training", **override):
        paths = [name if "/" in name else f"bundle/configs/{name}" for name in files or ("train.json",)]
        tiny = {} if files in {("inference.json",), ("anomaly.json",), ("reconstruct.json",)} else TINY
        data = {} if files == ("reconstruct.json",) else {"dataset_dir": str(dataset)}
        name = None if "resume" in override else "run"
        settings = {"device": "cpu", **tiny, **data, "run_name": name, **override}
        if settings["run_name"] is None:
            del settings["run_name"]  # the configuration's own
        if settings.get("epochs") == 1 and "warmup_epochs" not in override:
            settings["warmup_epochs"] = 0  # a warm-up of the whole run is refused
        return create_workflow(config_file=paths, run_id=run_id, logging_file=False, **settings)

    return make


@pytest.fixture
def run(start):
    """Run a workflow to its end and give it."""

    def go(*files: str, **override):
        workflow = start(*files, **override)
        workflow.run()
        workflow.finalize()
        return workflow

    return go


@pytest.fixture(scope="session")
def images_of(tmp_path_factory):
    """Tiny images for an overlay, in the form in which they are distributed; None where it needs none."""
    makers = {
        "celeba64": lambda folder: write_faces(folder / "img_align_celeba", 16),
        "celebahq256": lambda folder: write_faces(folder, 16, 256, 256),
        "cifar10": lambda folder: write_classes(folder, train=16, test=8),
    }
    made: dict[str, Path] = {}

    def make(overlay: str) -> Path | None:
        if overlay in makers and overlay not in made:
            made[overlay] = tmp_path_factory.mktemp(overlay)
            makers[overlay](made[overlay])
        return made.get(overlay)

    return make


def read_json(path: Path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


@pytest.fixture
def tiny_weights(run, tmp_path) -> Path:
    """Weights of a short run."""
    run(epochs=1, run_name="weights")
    return tmp_path / "bundle" / "runs" / "weights" / "model.pt"


@pytest.fixture
def fit_beside(run, tiny_weights, tmp_path):
    """Fit beside a run's weights by the run's own configuration, as the README's command does."""
    config = f"./{tiny_weights.with_name('config.json').relative_to(tmp_path)}"

    def go(file, **settings):
        return run(config, file, run_id="fitting", run_name=None, ckpt_path=str(tiny_weights), **settings)

    return go


@contextmanager
def adds_only(path: Path, weights: Path):
    """Check that nothing else than a file is new beside a run's weights, and the weights are as before."""
    content, before = weights.read_bytes(), set(weights.parents[1].rglob("*"))
    yield
    assert set(weights.parents[1].rglob("*")) - before == {path}
    assert weights.read_bytes() == content


def check_written_once(fit, path: Path) -> None:
    """Check that a second fit is refused, and that it replaces the file where that is asked for."""
    fitted = path.read_bytes()
    with pytest.raises(RuntimeError) as error:
        fit(seed=1)
    assert "pass --overwrite True" in str(root_cause(error.value))
    assert path.read_bytes() == fitted
    fit(seed=1, overwrite=True)
    assert path.read_bytes() != fitted
