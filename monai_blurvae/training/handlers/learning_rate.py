"""The learning rate as a function of the iteration, so that a resumed run needs no state of it."""

import math
from collections.abc import Iterable

from ignite.engine import Engine, Events
from torch.optim import Optimizer

DECAYS = ("constant", "cosine")


class LearningRateDecay:
    """Let the learning rate of every optimiser fall to zero over the run, along half a cosine.

    lr(i) = lr (1 + cos(pi i / n)) / 2 in iteration i of n, counted from 0.

    Args:
        optimizers: the optimisers; None among them is passed over.
        learning_rate: lr, where the run starts.
        decay: "cosine", or "constant" to leave the optimisers alone.

    Raises:
        ValueError: If `decay` is neither.

    References:
        Loshchilov, Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, ICLR 2017, without
        the restarts.
    """

    def __init__(
        self, optimizers: Iterable[Optimizer | None], learning_rate: float, decay: str = "cosine"
    ) -> None:
        if decay not in DECAYS:
            raise ValueError(f"`decay` must be one of {', '.join(DECAYS)}, got {decay!r}")
        self.optimizers = [optimizer for optimizer in optimizers if optimizer is not None]
        self.learning_rate = learning_rate
        self.decay = decay

    def attach(self, engine: Engine) -> None:
        """Set the rate before every iteration.

        Args:
            engine: the trainer.
        """
        if self.decay == "cosine":
            engine.add_event_handler(Events.ITERATION_STARTED, self)

    def __call__(self, engine: Engine) -> None:
        """Set the rate of the iteration that starts.

        Args:
            engine: the trainer; its last iteration is `max_epochs * epoch_length`.
        """
        share = (engine.state.iteration - 1) / (engine.state.max_epochs * engine.state.epoch_length)
        rate = self.learning_rate * (1 + math.cos(math.pi * share)) / 2
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
