"""Progress of a training on screen: terms, images per second, validation, and the end of the warm-up."""

import sys
from collections.abc import Mapping
from time import monotonic
from typing import Any, TextIO

from ignite.engine import Engine, Events
from ignite.handlers import ProgressBar
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm
from typing_extensions import override

from monai_blurvae.keys import Keys
from monai_blurvae.training.handlers.base import Handler
from monai_blurvae.training.handlers.scalars import scalar_terms

MESSAGE = (
    "epoch {epoch}: the warm-up is over; from here on the loss weights errors by the estimated blur, "
    "and its values no longer compare with those before"
)


class Progress:
    """Show a tqdm bar for every epoch on a terminal, whole lines in a log, and a line for each validation.

    Args:
        validator: the evaluator that runs within the epochs; None for none.
        stream: where to write; None for standard error.
        every_s: least time between two lines of a log, in seconds.
    """

    def __init__(
        self, stream: TextIO | None = None, every_s: float = 10.0, validator: Engine | None = None
    ) -> None:
        self.stream = stream
        self.every_s = every_s
        self.validator = validator

    def attach(self, engine: Engine) -> None:
        """Watch a trainer, and the validator if there is one."""
        stream = self.stream or sys.stderr
        if self.validator is not None:
            self.validator.add_event_handler(Events.COMPLETED, self._validated)
        if stream.isatty():
            bar = ProgressBar(persist=True, file=stream, dynamic_ncols=True)
            bar.attach(engine, output_transform=scalar_terms)
        else:
            _Lines(self.stream, self.every_s).attach(engine)

    def _validated(self, validator: Engine) -> None:
        words = f"validation after epoch {validator.state.epoch}:  {_written(validator.state.metrics)}"
        tqdm.write(words, self.stream or sys.stderr)


class _Lines(Handler):
    # a line with epoch, iteration, terms and time left: at the first iteration, at the end of each epoch, and
    # in between when `every_s` has passed
    event = Events.ITERATION_COMPLETED

    def __init__(self, stream: TextIO | None, every_s: float) -> None:
        self.stream = stream
        self.every_s = every_s
        self._start_s: float | None = None
        self._start_iteration = 0
        self._images = 0
        self._next_line_s = 0.0

    @override
    def attach(self, engine: Engine) -> None:
        engine.add_event_handler(Events.STARTED, self._run_started)
        engine.add_event_handler(Events.EPOCH_STARTED, self._epoch_started)
        super().attach(engine)

    def _run_started(self, _: Engine) -> None:
        self._start_s = None

    def _epoch_started(self, engine: Engine) -> None:
        if self._start_s is None:  # a checkpoint, if any, has been loaded by now
            self._start_s = monotonic()
            self._start_iteration = engine.state.iteration
            self._images = 0

    @override
    def __call__(self, engine: Engine) -> None:
        now_s = monotonic()
        self._images += _count(engine.state.batch)
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
        position = f"epoch {state.epoch:{len(str(state.max_epochs))}d}/{state.max_epochs}"
        within = f"[{(state.iteration - 1) % length + 1:{len(str(length))}d}/{length}]"
        rate = f"{self._images / elapsed_s:.3g} images/s" if elapsed_s > 0 else "0 images/s"
        times = f"{tqdm.format_interval(elapsed_s)} elapsed, {tqdm.format_interval(left_s)} left"
        return f"{position} {within}  {_written(state.output)}  ({rate}, {times})"


def _written(output: Any) -> str:  # noqa: ANN401
    return "  ".join(f"{name} {float(value):.4g}" for name, value in scalar_terms(output).items())


def _count(batch: Any) -> int:  # noqa: ANN401
    """Count the images of a batch: by key, as images and labels, or decollated."""
    if isinstance(batch, Mapping):
        return len(batch[Keys.IMAGE])
    return len(batch[0]) if isinstance(batch[0], Tensor) else len(batch)


class WarmupMarker(Handler):
    """Announce the end of the warm-up, where the loss changes its meaning.

    TensorBoard gets the message as a text, and the curve `train/warmup`: 1 during the warm-up, 0 after it.

    Args:
        warmup_epochs: epochs with identity covariance; 0 for no message.
        summary_writer: TensorBoard's writer; None for none.
        stream: where the message goes; None for standard error.
    """

    event = Events.EPOCH_STARTED

    def __init__(
        self, warmup_epochs: int, summary_writer: SummaryWriter | None = None, stream: TextIO | None = None
    ) -> None:
        self.warmup_epochs = warmup_epochs
        self.summary_writer = summary_writer
        self.stream = stream

    @override
    def attach(self, engine: Engine) -> None:
        if self.warmup_epochs > 0:
            super().attach(engine)

    @override
    def __call__(self, engine: Engine) -> None:
        epoch, iteration = engine.state.epoch, engine.state.iteration
        if self.summary_writer is not None:
            self.summary_writer.add_scalar("train/warmup", float(epoch <= self.warmup_epochs), iteration)
        if epoch == self.warmup_epochs + 1:
            message = MESSAGE.format(epoch=epoch)
            tqdm.write(message, file=self.stream or sys.stderr)
            if self.summary_writer is not None:
                self.summary_writer.add_text("warm-up", message, iteration)
