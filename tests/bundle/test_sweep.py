"""A sweep with the real bundle, as Snakemake makes it: each run once, resumed, then the report."""

import subprocess
import sys

import pytest
import yaml

from experiments.sweep import State, state_of
from tests.bundle.conftest import ROOT, TINY, read_json


@pytest.mark.slow
def test_a_sweep_trains_a_run_once_resumes_it_after_its_end_was_lost_and_reports(
    bundle, dataset, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MONAI_BLURVAE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    tiny = tmp_path / "tiny.yaml"
    tiny.write_text(yaml.safe_dump({**TINY, "epochs": 1, "warmup_epochs": 0, "val_interval": 1}))
    base = [str(bundle / "configs" / "train.json"), str(ROOT / "configs" / "brain32.yaml")]
    grid = {"overlays": [str(ROOT / "configs" / "exact.yaml"), str(tiny)], "beta": [0.5], "seed": [3]}
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump({"base": base, "runs": [grid]}))
    folder = tmp_path / "out" / "exact-tiny-beta0.5-seed3"
    finished, report = folder.with_name(f"{folder.name}.finished"), tmp_path / "out" / "report" / "index.html"

    def make():
        settings = ["sweep=sweep.yaml", "output_dir=out", f"dataset_dir={dataset}"]
        command = ["-s", str(ROOT / "experiments" / "Snakefile"), "--cores", "1", "--config", *settings]
        return subprocess.run(
            [sys.executable, "-m", "snakemake", *command], check=False, capture_output=True, text=True
        )

    assert make().returncode == 0, folder.with_name(f"{folder.name}.log").read_text()
    config = read_json(folder / "config.json")
    assert (config["beta"], config["seed"], config["determinant"]) == (0.5, 3, "exact")
    assert "Wiener blur, exact determinant" in report.read_text()

    before = (folder / "model.pt").read_bytes()
    environment = folder / "environment.json"
    environment.write_text(environment.read_text().replace('"finished"', '"not finished"'))
    finished.unlink()
    report.unlink()
    assert state_of(folder) is State.STOPPED
    assert make().returncode == 0
    assert state_of(folder) is State.FINISHED
    assert (folder / "model.pt").read_bytes() == before
    assert "Nothing to be done" in make().stderr
