"""Two processes train as one: gloo on the CPU, started as torchrun starts them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from monai_blurvae.data import make_patch_loader
from tests.bundle.conftest import TINY, read_json
from tests.bundle.ddp_gradients import patches

WORKER = "tests.bundle.ddp_gradients"


def torchrun(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc_per_node=2",
        *arguments,
    ]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done


@pytest.mark.parametrize("loss", ["omit", "exact", "measured", "l2", "discriminator"])
def test_averaged_gradients_equal_those_of_one_process_on_the_whole_batch(tmp_path, loss):
    """With batch norm in evaluation mode only the average couples the ranks: equal up to summation order."""
    torchrun("-m", WORKER, str(tmp_path), loss, cwd=Path(__file__).parents[2])
    single, averaged = (
        torch.load(tmp_path / f"{name}.pt", weights_only=True) for name in ("single", "averaged")
    )
    for rank in averaged:
        assert single.keys() == rank.keys()
        assert all(torch.equal(rank[name], averaged[0][name]) for name in rank)
    parts = {name.split(".")[0] for name in single}
    assert parts == ({"model", "adversary"} if loss == "discriminator" else {"model"})
    whole, *ranks = torch.load(tmp_path / "blurs.pt", weights_only=True)
    assert len(ranks) == 2
    assert ("blur.numerator" in whole) == (loss in {"measured", "discriminator"})
    for name, value in whole.items():
        assert torch.equal(ranks[0][name], ranks[1][name])
        torch.testing.assert_close(ranks[0][name], value)
    for part in parts:
        gradients = {name: gradient for name, gradient in single.items() if name.startswith(part)}
        atol = 1e-6 * max(float(gradient.abs().max()) for gradient in gradients.values())
        for name, gradient in gradients.items():
            torch.testing.assert_close(averaged[0][name], gradient, rtol=1e-4, atol=atol, msg=name)


def test_the_ranks_see_different_data_together_what_one_process_sees(tmp_path):
    torchrun("-m", WORKER, str(tmp_path), "l2", cwd=Path(__file__).parents[2])
    ranks = torch.load(tmp_path / "first_batches.pt", weights_only=True)
    one = [batch["image"] for batch in make_patch_loader(patches(), 2)]
    assert not torch.equal(ranks[0], ranks[1])
    assert all(torch.equal(rank, batch) for rank, batch in zip(ranks, one, strict=True))


@pytest.mark.parametrize(
    ("blur", "options"),
    [("network", []), ("measured", ["--adversarial_weight", "0.01", "--adversarial_start", "1"])],
)
def test_two_processes_train_into_one_folder_that_rank_0_alone_writes(
    blur, options, bundle, dataset, tmp_path, monkeypatch
):
    monkeypatch.setenv("MONAI_BLURVAE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    overrides = [
        item
        for key, value in {**TINY, "val_batches": 2, "test_batches": 3}.items()
        if key != "device"
        for item in (f"--{key}", str(value))
    ]
    files = "['bundle/configs/train.json','bundle/configs/multi_gpu_train.json']"
    torchrun(
        "-m", "monai.bundle", "run", "training", "--config_file", files, "--dataset_dir", str(dataset),
        "--run_name", "two", "--blur", blur, *options, *overrides, cwd=tmp_path,
    )  # fmt: skip
    runs = tmp_path / "bundle" / "runs"
    assert [path.name for path in runs.iterdir()] == ["two"]
    assert read_json(runs / "two" / "environment.json")["world_size"] == 2
    assert len(list((runs / "two" / "tensorboard").iterdir())) == 1
    assert len((runs / "two" / "metrics.csv").read_text().splitlines()) == 1 + TINY["epochs"]
    assert read_json(runs / "two" / "test" / "measures.json")["images"] == 3 * TINY["batch_size"]
