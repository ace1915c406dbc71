"""A guard that stops training at the first non-finite value."""

from pathlib import Path

import torch
from ignite.engine import Engine
from monai.engines.utils import IterationEvents
from torch import Tensor
from typing_extensions import override

from monai_blurvae.training.handlers.base import Handler


class NonFiniteGuard(Handler):
    """Stop a run when a term of the trainer's output is NaN or infinite, and name the term.

    It checks when the losses are known and no optimiser has stepped (`IterationEvents.LOSS_COMPLETED`), so
    the weights are still those of the iteration before. The error is a FloatingPointError.

    Args:
        checkpoint: the run's checkpoint; the error names it if the file exists by then.
    """

    event = IterationEvents.LOSS_COMPLETED

    def __init__(self, checkpoint: str | Path | None = None) -> None:
        self.checkpoint = checkpoint

    @override
    def __call__(self, engine: Engine) -> None:
        terms = {
            str(key): value
            for key, value in engine.state.output.items()
            if isinstance(value, Tensor) and value.is_floating_point()
        }
        # one transfer from the device for all terms
        finite = torch.stack([torch.isfinite(value).all() for value in terms.values()]).tolist()
        broken = [f"`{name}`" for name, good in zip(terms, finite, strict=True) if not good]
        if broken:
            saved = self.checkpoint is not None and Path(self.checkpoint).is_file()
            rescue = (
                f"the last good checkpoint is {self.checkpoint}" if saved else "no checkpoint was saved yet"
            )
            raise FloatingPointError(
                f"{', '.join(broken)} {'is' if len(broken) == 1 else 'are'} not finite in epoch "
                f"{engine.state.epoch}, iteration {engine.state.iteration}: lower `learning_rate`, or set "
                f"`gradient_clip`; {rescue}"
            )
