"""One run of the plan, trained to its end and measured."""

import math
import platform
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from ignite.engine import Engine, Events

from experiments.autoencoders.build import make_objective, make_optimizers
from experiments.autoencoders.datasets import Data, load
from experiments.autoencoders.lesions import false_structures, lesion_recovery
from experiments.autoencoders.measure import first_images, measures
from experiments.autoencoders.plan import Part, Plan, PlannedRun
from monai_blurvae import __version__
from monai_blurvae.blur import MeasuredBlur
from monai_blurvae.data import make_patch_loader
from monai_blurvae.files import read_record, write_json, write_state
from monai_blurvae.keys import Keys
from monai_blurvae.losses import WienerBlurLoss
from monai_blurvae.networks import load_weights
from monai_blurvae.training import Objective, VAETrainer
from monai_blurvae.training.handlers import CheckpointResumer, CheckpointSaver, LearningRateDecay
from monai_blurvae.workflow import seed_everything
from monai_blurvae.workflow.run_record import git_commit

EPOCH = 100
"""Steps of an epoch, if they divide the run's; a checkpoint is saved every five epochs."""
TEST_BATCHES = 32
LESION_IMAGES = 64


class Watch:
    """Counts the steps whose loss is not finite, without waiting for the GPU."""

    def __init__(self) -> None:
        self.non_finite = torch.zeros((), dtype=torch.long)

    def attach(self, engine: Engine) -> None:
        """Watch a trainer."""
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._look)

    def _look(self, engine: Engine) -> None:
        bad = engine.state.output[Keys.LOSS].isfinite().logical_not().long()
        self.non_finite = self.non_finite.to(bad.device) + bad


def train(
    plan: Plan, run: PlannedRun, sources: Mapping[str, str], output_dir: Path, cache_dir: str | None = None
) -> dict[str, Any]:
    """Train one run, measure it, and give its line.

    Training goes on from its checkpoint. It leaves `model.pt` and `trained.json`, how it went. Where both are
    there already, the weights are measured only.
    """
    part, recipe, folder = plan.parts[run.part], plan.recipes[run.recipe], output_dir / run.name
    seed_everything(run.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    data = load(part.data, sources[part.data], part.batch_size, run.seed, cache_dir)
    shape = {"spatial_dims": data.spatial_dims, "channels": data.channels, "image_size": data.size}
    warmup = round(part.warmup * part.steps / _epoch(part))
    objective = make_objective(recipe, plan.networks[part.network], shape, run.beta, warmup).to(device)
    weights, record = folder / "model.pt", folder / "trained.json"
    if not (weights.is_file() and record.is_file()):
        began = time.perf_counter()
        trainer, watch = _trainer(part, data, objective, folder)
        trainer.run()
        write_state(weights, objective.model.state_dict())
        seconds = {"non_finite_steps": int(watch.non_finite), "seconds": time.perf_counter() - began}
        write_json(record, {**seconds, **provenance(device)})
    load_weights(objective.model, weights)
    return {
        **run._asdict(),
        "data": part.data,
        "network": part.network,
        "steps": part.steps,
        "batch_size": part.batch_size,
        "loss": recipe.loss,
        **measure(part.data, data, objective),
        **read_record(record),
    }


def measure(name: str, data: Data, objective: Objective) -> dict[str, Any]:
    """Measure a trained model on the test images of a data set."""
    model, loss = objective.model, objective.loss
    test = make_patch_loader(data.test, TEST_BATCHES, fixed=True)
    found: dict[str, Any] = measures(model, test, model.scale.device)
    if name in {"brain", "xray"}:
        images = first_images(test, LESION_IMAGES)
        found |= lesion_recovery(model, images) | false_structures(model, images)
    if isinstance(loss, WienerBlurLoss) and isinstance(loss.blur, MeasuredBlur):
        found["transfer_function"] = loss.blur.gain.tolist()
    return found


def _trainer(part: Part, data: Data, objective: Objective, folder: Path) -> tuple[VAETrainer, Watch]:
    epoch = _epoch(part)
    decaying, constant = make_optimizers(objective, part.learning_rate)
    optimizers = [*decaying, *constant]
    watch = Watch()
    trainer = VAETrainer(
        objective.model.scale.device,
        part.steps // epoch,
        make_patch_loader(data.train, epoch),
        objective,
        optimizers,
        seed=data.train.seed,
        train_handlers=[LearningRateDecay(decaying, part.learning_rate, "cosine"), watch],
    )
    kept: dict[str, Any] = {"network": objective.model, "adversary": objective.adversary, "trainer": trainer}
    kept |= {f"optimizer{index}": optimizer for index, optimizer in enumerate(optimizers)}
    checkpoint = folder / "checkpoint.pt"
    folder.mkdir(parents=True, exist_ok=True)
    if checkpoint.is_file():
        CheckpointResumer(checkpoint, kept).attach(trainer)
    CheckpointSaver(checkpoint, kept, interval=5).attach(trainer)
    return trainer, watch


def _epoch(part: Part) -> int:
    """Give the steps of an epoch."""
    return math.gcd(part.steps, EPOCH)


def provenance(device: torch.device) -> dict[str, Any]:
    """Say what a line was made with."""
    hardware = torch.cuda.get_device_name() if device.type == "cuda" else f"{platform.machine()} CPU"
    return {
        "version": __version__,
        "commit": git_commit(Path(__file__).parent),
        "torch": torch.__version__,
        "hardware": hardware,
        "threads": torch.get_num_threads(),
    }
