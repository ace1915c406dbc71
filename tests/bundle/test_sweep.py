"""A sweep with the real bundle: its run is the one that the command line makes, and is made once."""

import yaml

from experiments.sweep import State, state_of
from experiments.sweep.__main__ import main
from tests.bundle.conftest import ROOT, TINY, read_json


def test_a_sweep_trains_a_run_once_and_resumes_it_after_its_end_was_lost(
    bundle, dataset, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MONAI_BLURVAE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    base = [str(bundle / "configs" / "train.json"), str(ROOT / "configs" / "brain32.yaml")]
    grid = {"overlays": [str(ROOT / "configs" / "exact.yaml")], "beta": [0.5], "seed": [3]}
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump({"base": base, "runs": [grid]}))
    settings = {**TINY, "epochs": 1, "val_interval": 1, "dataset_dir": dataset}
    words = [str(word) for name, value in settings.items() for word in (f"--{name}", value)]
    arguments = ["sweep.yaml", "-o", "out", *words]
    folder = tmp_path / "out" / "exact-beta0.5-seed3"

    assert main(arguments) == 0, (tmp_path / "out" / f"{folder.name}.log").read_text()
    config = read_json(folder / "config.json")
    assert (config["beta"], config["seed"], config["determinant"]) == (0.5, 3, "exact")
    before = (folder / "model.pt").read_bytes()
    assert main(arguments) == 0
    assert "1 finished before" in capsys.readouterr().out

    environment = folder / "environment.json"
    environment.write_text(environment.read_text().replace('"finished"', '"not finished"'))
    assert state_of(folder) is State.STOPPED
    assert main(arguments) == 0
    assert "resuming" in capsys.readouterr().out
    assert state_of(folder) is State.FINISHED
    assert (folder / "model.pt").read_bytes() == before
