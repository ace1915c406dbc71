"""A sweep of two methods, three betas and two seeds, on configuration files that need not be a bundle's."""

import pytest
import yaml


@pytest.fixture
def write_sweep(tmp_path):
    """Write configuration files and a sweep file, changed as a test asks, and give the sweep file's path."""
    (tmp_path / "sweeps").mkdir()
    ids = '"loss": "wiener_blur", "scale": "optimal", "beta": 1.0, "dataset_dir": null, "train": {}'
    (tmp_path / "train.json").write_text(f"{{{ids}}}")
    (tmp_path / "brain.yaml").write_text("epochs: 3\nfeatures: [4, 8]\n")
    for name in ("l2", "l1"):
        (tmp_path / f"loss_{name}.yaml").write_text(f"loss: {name}\n")

    def write(**changes):
        sweep = {
            "base": ["../train.json", "../brain.yaml"],
            "runs": [
                {"overlays": ["../loss_l2.yaml"], "beta": [0.5, 1, 2], "seed": [0, 1]},
                {"overlays": ["../loss_l1.yaml"], "beta": [1.0], "seed": [0], "settings": {"scale": 1.0}},
            ],
        }
        path = tmp_path / "sweeps" / "sweep.yaml"
        path.write_text(yaml.safe_dump({**sweep, **changes}))
        return path

    return write
