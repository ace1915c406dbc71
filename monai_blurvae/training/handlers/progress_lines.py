"""Progress as whole lines, for logs and pipes where a bar cannot redraw itself."""

import sys
from time import monotonic
from typing import TextIO

from ignite.engine import Engine, Events
from tqdm import tqdm

from monai_blurvae.training.handlers.terms import scalar_terms


class ProgressLines:
    """Write a line with epoch, iteration, terms and time left: at the first iteration, then now and then.

    Args:
        stream: where to write, standard error by default.
        every_s: least time between two lines of one epoch, in seconds; an epoch's end always gets one.
    """

    def __init__(self, stream: TextIO | None = None, every_s: float = 10.0) -> None:
        self.stream = stream
        self.every_s = every_s
        self._start_s: float | None = None
        self._start_iteration = 0
        self._next_line_s = 0.0

    def attach(self, engine: Engine) -> None:
        """Watch an engine.

        Args:
            engine: the trainer, whose output holds the terms.
        """
        engine.add_event_handler(Events.STARTED, self._run_started)
        engine.add_event_handler(Events.EPOCH_STARTED, self._epoch_started)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self)

    def _run_started(self, _: Engine) -> None:
        self._start_s = None

    def _epoch_started(self, engine: Engine) -> None:
        if self._start_s is None:  # now a checkpoint, if any, has been loaded
            self._start_s = monotonic()
            self._start_iteration = engine.state.iteration

    def __call__(self, engine: Engine) -> None:
        """Write a line where one is due.

        Args:
            engine: the engine after an iteration.
        """
        now_s = monotonic()
        last_of_epoch = engine.state.iteration % engine.state.epoch_length == 0
        if now_s < self._next_line_s and not last_of_epoch:
            return
        self._next_line_s = now_s + self.every_s
        stream = self.stream or sys.stderr
        stream.write(self._line(engine, now_s - (self._start_s or 0.0)) + "\n")
        stream.flush()

    def _line(self, engine: Engine, elapsed_s: float) -> str:
        state = engine.state
        length, total = state.epoch_length, state.max_epochs * state.epoch_length
        left_s = elapsed_s * (total - state.iteration) / (state.iteration - self._start_iteration)
        terms = "  ".join(f"{name} {float(value):.4g}" for name, value in scalar_terms(state.output).items())
        position = f"epoch {state.epoch:{len(str(state.max_epochs))}d}/{state.max_epochs}"
        within = f"[{(state.iteration - 1) % length + 1:{len(str(length))}d}/{length}]"
        times = f"{tqdm.format_interval(elapsed_s)} elapsed, {tqdm.format_interval(left_s)} left"
        return f"{position} {within}  {terms}  ({times})"
