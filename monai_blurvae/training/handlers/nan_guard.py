"""A training that stops at its first non-finite value, before any weight has changed by it."""

from pathlib import Path

import torch
from ignite.engine import Engine
from monai.engines.utils import IterationEvents
from torch import Tensor


class NonFiniteGuard:
    """Stop a run when a term of `engine.state.output` is NaN or infinite, and name that term.

    It looks when the losses are known and no optimiser has stepped (`IterationEvents.LOSS_COMPLETED`): the
    weights are still those of the iteration before.

    Args:
        checkpoint: where the run keeps its last good checkpoint; the error names it, if it is there by then.
    """

    def __init__(self, checkpoint: str | Path | None = None) -> None:
        self.checkpoint = checkpoint

    def attach(self, engine: Engine) -> None:
        """Watch an engine.

        Args:
            engine: a trainer that fires `IterationEvents.LOSS_COMPLETED` with its output set.
        """
        engine.add_event_handler(IterationEvents.LOSS_COMPLETED, self)

    def __call__(self, engine: Engine) -> None:
        """Check every floating-point tensor of the engine's output, with one transfer from the device.

        Args:
            engine: the engine, with its output of this iteration.

        Raises:
            FloatingPointError: if a term is NaN or infinite.
        """
        terms = {
            str(key): value
            for key, value in engine.state.output.items()
            if isinstance(value, Tensor) and value.is_floating_point()
        }
        finite = torch.stack([torch.isfinite(value).all() for value in terms.values()]).tolist()
        broken = [f"`{name}`" for name, good in zip(terms, finite, strict=True) if not good]
        if broken:
            verb = "is" if len(broken) == 1 else "are"
            saved = self.checkpoint is not None and Path(self.checkpoint).is_file()
            rescue = (
                f"the last good checkpoint is {self.checkpoint}" if saved else "no checkpoint was saved yet"
            )
            raise FloatingPointError(
                f"{', '.join(broken)} {verb} not finite in epoch {engine.state.epoch}, "
                f"iteration {engine.state.iteration}; {rescue}"
            )
