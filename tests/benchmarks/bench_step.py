"""A training step with the Wiener blur loss and its kernel step, against the same step with L2.

    python tests/benchmarks/bench_step.py --output DIR

Networks, optimisers, batch size and precision are those of bundle/configs/train.json, parsed as a run parses
them, on the CPU; the steps are the trainer's own, after the warm-up, all on one batch. The two losses take
turns, and a repetition's ratio is that of its own two steps. The peak memory is that of the real training
command with train.json's defaults, in a process of its own.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from monai.bundle import ConfigParser
from report import peak_megabytes, table, write

from monai_blurvae.training import BlurVAETrainer

TRAIN = Path(__file__).parents[2] / "bundle" / "configs" / "train.json"
WIENER, L2 = "wiener_blur", "l2"
MEMORY_RUN = {"epochs": 3, "batches_per_epoch": 5}
"""Long enough for the blur loss, validation and checkpoint; memory does not grow with length."""


def make_trainer(loss: str) -> tuple[BlurVAETrainer, dict[str, torch.Tensor], dict[str, Any]]:
    """A trainer from train.json's own parts, past its warm-up, with a batch of its shape and its settings."""
    parser = ConfigParser()
    parser.read_config(str(TRAIN))
    parser.update({"loss": loss, "device": "cpu"})
    torch.manual_seed(parser.get_parsed_content("seed"))
    get = parser.get_parsed_content
    trainer = BlurVAETrainer(
        device=get("compute_device"),
        max_epochs=get("epochs"),
        train_data_loader=[],
        network=get("network"),
        objective=get("objective"),
        optimizers=[get("optimizer"), get("kernel_optimizer")],
        seed=get("seed"),
        gradient_clip=get("gradient_clip"),
        amp=get("use_amp"),
        compile=get("compile"),
    )
    trainer.state.epoch = get("warmup_epochs") + 1
    image = torch.rand(get("batch_size"), get("channels"), *get("patch_size")) * 2 - 1
    setting = {"shape": list(image.shape), "bfloat16": get("use_amp"), "features": get("features")}
    return trainer, {"image": image}, setting


def seconds(trainer: BlurVAETrainer, batch: dict[str, torch.Tensor]) -> tuple[float, float]:
    """Wall and CPU seconds of one step: forward pass, losses, backward pass, optimisers."""
    trainer.state.iteration += 1
    wall, cpu = time.perf_counter(), time.process_time()
    trainer._iteration(trainer, batch)
    return time.perf_counter() - wall, time.process_time() - cpu


def measure(repetitions: int) -> dict[str, Any]:
    made = {loss: make_trainer(loss) for loss in (WIENER, L2)}
    trainers = {loss: (trainer, batch) for loss, (trainer, batch, _) in made.items()}
    times: dict[str, list[tuple[float, float]]] = {loss: [] for loss in trainers}
    for repetition in range(-3, repetitions):
        order = list(trainers.items())[:: 1 if repetition % 2 else -1]
        for loss, pair in order:
            taken = seconds(*pair)
            if repetition >= 0:
                times[loss].append(taken)
    result: dict[str, Any] = {**made[WIENER][2], "repetitions": repetitions}
    for clock, name in enumerate(("wall", "cpu")):
        ratios = [w[clock] / l2[clock] for w, l2 in zip(times[WIENER], times[L2], strict=True)]
        quartiles = statistics.quantiles(ratios, n=4)
        result[name] = {
            **{f"{loss}_ms": 1000 * statistics.median(t[clock] for t in times[loss]) for loss in times},
            "ratio": quartiles[1],
            "ratio_quartiles": [quartiles[0], quartiles[2]],
        }
    return result


def training_megabytes(dataset_dir: Path | None) -> float:
    """Peak memory of the training command, its data included; by default on the demo subjects."""
    with tempfile.TemporaryDirectory() as runs:
        settings = {**MEMORY_RUN, "output_dir": runs, "bundle_root": TRAIN.parents[1], "device": "cpu"}
        if dataset_dir is not None:
            settings["dataset_dir"] = dataset_dir.resolve()
        command = [sys.executable, "-m", "monai.bundle", "run", "training", "--config_file", str(TRAIN)]
        command += [f"--{name}={value}" for name, value in settings.items()]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return peak_megabytes(resource.RUSAGE_CHILDREN)


def lines(result: dict[str, Any]) -> Iterator[str]:
    yield table(
        ["clock", "Wiener blur, ms", "L2, ms", "ratio", "its quartiles"],
        [
            [
                name,
                *(f"{row[f'{loss}_ms']:.1f}" for loss in (WIENER, L2)),
                f"{row['ratio']:.3f}",
                " to ".join(f"{quartile:.3f}" for quartile in row["ratio_quartiles"]),
            ]
            for name, row in ((name, result[name]) for name in ("wall", "cpu"))
        ],
    )
    yield ""
    yield (
        f"A step on a batch {'x'.join(map(str, result['shape']))},"
        f" {'bfloat16 autocast' if result['bfloat16'] else 'float32'}; medians of {result['repetitions']}"
        " repetitions. Peak memory of training with train.json's defaults:"
        f" {result['training_peak_memory_mb']:.0f} MB."
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, required=True, help="folder of step.json and step.md")
    parser.add_argument("--dataset_dir", type=Path, help="volumes for the memory's training; default: demo")
    parser.add_argument("--repetitions", type=int, default=40)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    memory = training_megabytes(arguments.dataset_dir)
    result = {**measure(arguments.repetitions), "training_peak_memory_mb": memory}
    write(arguments.output, "step", result, "\n".join(lines(result)))


if __name__ == "__main__":
    main()
