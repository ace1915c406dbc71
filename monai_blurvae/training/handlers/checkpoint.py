"""Checkpoints, the best weights, and resuming. A full disk or a crash leaves the last good file."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ignite.distributed as idist
from ignite.engine import Engine, Events
from monai.handlers import CheckpointLoader
from torch import nn
from torch.optim import Optimizer
from typing_extensions import override

from monai_blurvae.checks import check_integer
from monai_blurvae.files import read_state, write_state
from monai_blurvae.networks import load_weights
from monai_blurvae.training.handlers.base import Handler

DAMAGED = (
    "{path} must be a whole checkpoint, got a damaged one ({reason}): begin the run anew under another "
    "`run_name`, or evaluate the model.pt beside it"
)


def refuse_non_finite(network: nn.Module, path: Path) -> None:
    """Raise a FloatingPointError that names a tensor with a NaN or an infinity, before `path` is replaced."""
    for name, value in network.state_dict().items():
        if value.is_floating_point() and not value.isfinite().all():
            kept = f"{path} keeps the weights saved before" if path.exists() else "nothing was saved before"
            raise FloatingPointError(
                f"the network's {name} is not finite, training diverged (lower `learning_rate`); {kept}."
            )


class CheckpointSaver(Handler):
    """Save everything that a run needs to resume, at the end of epochs; never weights that have diverged.

    Args:
        path: the file; every checkpoint replaces the one before.
        save_dict: objects with a `state_dict` by name; None is skipped.
        interval: epochs between checkpoints; the last epoch is always saved.

    Raises:
        ValueError: If the interval is below 1.
    """

    def __init__(self, path: str | Path, save_dict: Mapping[str, Any], interval: int = 1) -> None:
        check_integer(1, interval=interval)
        self.path = Path(path)
        self.save_dict = {name: item for name, item in save_dict.items() if item is not None}
        self.interval = interval

    @override
    def __call__(self, engine: Engine) -> None:
        if engine.state.epoch % self.interval == 0 or engine.state.epoch == engine.state.max_epochs:
            for item in self.save_dict.values():
                if isinstance(item, nn.Module):
                    refuse_non_finite(item, self.path)
            write_state(self.path, {name: item.state_dict() for name, item in self.save_dict.items()})


class CheckpointResumer(CheckpointLoader):  # type: ignore[misc]
    """Resume a run from its checkpoint; `max_epochs` stays what the engine was given.

    The settings of the optimisers, such as the learning rate, stay what the optimisers were made with. It
    raises a FileNotFoundError if there is no checkpoint, and a ValueError if the checkpoint is damaged, or
    another network, optimiser or setting made it.

    Args:
        path: the checkpoint.
        load_dict: the objects it was saved from, by name.
    """

    def __init__(self, path: str | Path, load_dict: Mapping[str, Any]) -> None:
        super().__init__(
            str(path),
            {name: item for name, item in load_dict.items() if item is not None},
            map_location="cpu",
        )

    @override
    def __call__(self, engine: Engine) -> None:
        if not Path(self.load_path).is_file():
            raise FileNotFoundError(
                f"`resume` must be a run that saved a checkpoint, and {self.load_path} does not exist."
            )
        content = read_state(self.load_path, DAMAGED)
        if not isinstance(content, Mapping):
            raise ValueError(DAMAGED.format(path=self.load_path, reason=f"of {type(content).__name__}"))
        saved = content.get("trainer", {})
        length, wanted = saved.get("epoch_length"), engine.state.epoch_length
        if length is not None and length != wanted:
            raise ValueError(
                f"`batches_per_epoch` must stay what the run began with, {length}, got {wanted}."
            )
        if length and saved["iteration"] // length > engine.state.max_epochs:
            done = saved["iteration"] // length
            raise ValueError(
                f"`epochs` must be at least the {done} that are done, got {engine.state.max_epochs}."
            )
        optimizers = [item for item in self.load_dict.values() if isinstance(item, Optimizer)]
        made = [
            {name: value for name, value in group.items() if name != "params"}
            for optimizer in optimizers
            for group in optimizer.param_groups
        ]
        try:
            super().__call__(engine)
        except (RuntimeError, KeyError, ValueError) as error:
            raise ValueError(
                f"{self.load_path} must come from the same configuration "
                f"(resume with the config.json beside it): {error}"
            ) from error
        for optimizer in optimizers:  # load_state_dict makes new groups, with the settings that were saved
            for group in optimizer.param_groups:
                group.update(made.pop(0))


class BestWeights(Handler):
    """Keep the weights of the best validation as a bare state_dict.

    Every process keeps the score; only rank 0 writes.

    Args:
        path: the file, `model.pt`.
        network: the network.
        metric: name of the metric; higher is better.
        first_epoch: first epoch after the warm-up. Its weights replace those of any earlier epoch.
    """

    event = Events.COMPLETED

    def __init__(
        self, path: str | Path, network: nn.Module, metric: str = "psnr", first_epoch: int = 1
    ) -> None:
        self.path = Path(path)
        self.network = network
        self.metric = metric
        self.first_epoch = first_epoch
        self.best: tuple[bool, float] = (False, float("-inf"))
        self.epoch = 0

    @override
    def __call__(self, engine: Engine) -> None:
        score = (engine.state.epoch >= self.first_epoch, float(engine.state.metrics[self.metric]))
        if math.isfinite(score[1]) and score > self.best:
            self.best, self.epoch = score, engine.state.epoch
            if idist.get_rank() > 0:
                return
            refuse_non_finite(self.network, self.path)
            weights = self.network.state_dict().items()
            write_state(self.path, {name: value.detach().cpu().contiguous() for name, value in weights})

    def restore(self) -> None:
        """Load the best weights into the network, in every process, once rank 0 has written them.

        Raises:
            ValueError: If no validation so far had a finite score.
        """
        if self.epoch == 0:
            raise ValueError(
                f"the best weights need a validation with a finite {self.metric}, and there was none."
            )
        idist.barrier()
        load_weights(self.network, self.path)

    def state_dict(self) -> dict[str, float]:
        """Give the best score and its epoch, for checkpoints."""
        return {"eligible": self.best[0], "score": self.best[1], "epoch": self.epoch}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Restore what `state_dict` gave."""
        self.best, self.epoch = (bool(state["eligible"]), float(state["score"])), int(state["epoch"])
