import json
from pathlib import Path

import numpy as np
import pytest

import monai_blurvae

NOT_A_LIKELIHOOD = {"not_computed": "not a likelihood"}


class Runs:
    """A folder that run folders are written to, as training leaves them."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def add(
        self,
        name,
        method="L2",
        beta=1.0,
        seed=0,
        kl=20.0,
        *,
        labels=(),
        finished=True,
        split="test",
        **measures,
    ):
        """Write one run; `measures` are means, or whole entries of measures.json."""
        run = self.folder / name
        (run / "test").mkdir(parents=True)
        settings = {
            "epochs": 2,
            "batches_per_epoch": 10,
            "batch_size": 8,
            "image_size": 32,
            "spatial_dims": 2,
        }
        config = {"base_files": {"train.json": True}, "method_name": "$@loss", "beta": beta, "seed": seed}
        resolved = {"dataset_name": "HCP64", "network_name": "architecture 1", "method_name": method}
        resolved |= dict(labels)
        environment = {
            "started": "2026-01-02T03:04:05",
            "commit": "0123456789abcdef",
            "seed": seed,
            "device": "a machine",
            "threads": 1,
            "versions": {"monai-blurvae": monai_blurvae.__version__},
            "resolved": resolved,
        }
        if finished:
            environment |= {"finished": "2026-01-02T04:04:05", "duration_s": 3600}
        (run / "config.json").write_text(json.dumps(config | settings))
        (run / "environment.json").write_text(json.dumps(environment))
        (run / "model.pt").touch()
        entries = {"kl": kl, "psnr": 20.0, "ssim": 0.5} | measures
        values = {
            key: value if isinstance(value, dict) else {"mean": value, "std": None}
            for key, value in entries.items()
        }
        if split is not None:
            content = {"split": split, "images": 64, "measures": values}
            (run / "test" / "measures.json").write_text(json.dumps(content))
        return run

    def change(self, name, file, **entries):
        """Change entries of one of a run's JSON files."""
        path = self.folder / name / file
        path.write_text(json.dumps(json.loads(path.read_text()) | entries))


def add_pictures(run, channels=1, size=(8, 8), seed=0):
    """Write what a test evaluation and the validations leave besides numbers."""
    rng = np.random.default_rng(seed)
    shape = (16, channels, *size)
    images = {name: rng.integers(0, 256, shape, dtype=np.uint8) for name in ("reconstructions", "samples")}
    inputs = np.random.default_rng(99).integers(0, 256, shape, dtype=np.uint8)
    np.savez(run / "test" / "pictures.npz", inputs=inputs, **images)
    spectra = {
        name: rng.normal(size=size).astype(np.float32) for name in ("data", "reconstructions", "samples")
    }
    np.savez(run / "test" / "spectra.npz", **spectra)
    kernels = rng.random((3, 4, *(5 for _ in size))).astype(np.float32)
    np.savez(run / "kernels.npz", epochs=np.array([1, 2, 3]), images=inputs[:4], kernels=kernels)


@pytest.fixture
def runs(tmp_path):
    return Runs(tmp_path / "runs")
