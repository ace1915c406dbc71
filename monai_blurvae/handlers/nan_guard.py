"""A training that stops at its first non-finite value, before any weight has changed by it."""

from collections.abc import Callable
from pathlib import Path

import torch
from ignite.engine import Engine
from monai.engines.utils import IterationEvents
from torch import Tensor


class NonFiniteGuard:
    """Stop a run when a term of `engine.state.output` is NaN or infinite, and name that term.

    It looks when the losses are known and no optimiser has stepped (`IterationEvents.LOSS_COMPLETED`), so that the
    weights are still those of the iteration before.

    Args:
        last_checkpoint: gives the file of the last good checkpoint when asked, None where there is none yet; the
            error names it.
    """

    def __init__(self, last_checkpoint: Callable[[], str | Path | None] | None = None) -> None:
        self.last_checkpoint = last_checkpoint

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
            checkpoint = self.last_checkpoint() if self.last_checkpoint else None
            rescue = (
                f"the last good checkpoint is {checkpoint}" if checkpoint else "no checkpoint was saved yet"
            )
            raise FloatingPointError(
                f"{', '.join(broken)} {verb} not finite in epoch {engine.state.epoch}, "
                f"iteration {engine.state.iteration}; {rescue}"
            )
