"""The learning rate as a function of the iteration, so that a resumed run needs no state for it."""

import math
from collections.abc import Iterable

from ignite.engine import Engine, Events
from torch.optim import Optimizer
from typing_extensions import override

from monai_blurvae.checks import check_positive
from monai_blurvae.training.handlers.base import Handler

DECAYS = ("constant", "cosine")


class LearningRateDecay(Handler):
    """Let the learning rate of every optimiser fall to zero over the run, along half a cosine.

    lr(i) = lr (1 + cos(pi i / n)) / 2 in iteration i of n, counted from 0.

    Args:
        optimizers: the optimisers; None is skipped.
        learning_rate: the rate lr at the start of the run.
        decay: "cosine", or "constant" to leave the optimisers as they are.

    Raises:
        ValueError: If `decay` is neither, or the rate is not positive.

    References:
        Loshchilov, Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, ICLR 2017, without
        the restarts.
    """

    event = Events.ITERATION_STARTED

    def __init__(
        self, optimizers: Iterable[Optimizer | None], learning_rate: float, decay: str = "cosine"
    ) -> None:
        if decay not in DECAYS:
            raise ValueError(f"`decay` must be one of {', '.join(DECAYS)}, got {decay!r}")
        check_positive(learning_rate=learning_rate)
        self.optimizers = [optimizer for optimizer in optimizers if optimizer is not None]
        self.learning_rate = learning_rate
        self.decay = decay

    @override
    def attach(self, engine: Engine) -> None:
        if self.decay == "cosine":
            super().attach(engine)

    @override
    def __call__(self, engine: Engine) -> None:
        share = (engine.state.iteration - 1) / (engine.state.max_epochs * engine.state.epoch_length)
        rate = self.learning_rate * (1 + math.cos(math.pi * share)) / 2
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
