"""The moment the identity-covariance warm-up ends, marked where a person looks."""

import sys
from typing import TextIO

from ignite.engine import Engine, Events
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

MESSAGE = (
    "epoch {epoch}: the warm-up is over; from here on the loss weights errors by the estimated blur, "
    "and its values no longer compare with those before"
)


class WarmupMarker:
    """Say in the progress output and in TensorBoard that the loss changes its meaning.

    TensorBoard gets the message as a text and the curve `train/warmup`, 1 during the warm-up and 0 after it.

    Args:
        warmup_epochs: epochs with identity covariance; nothing is said where it is 0.
        summary_writer: where to write, None for no TensorBoard.
        stream: where the message goes, standard error by default.
    """

    def __init__(
        self, warmup_epochs: int, summary_writer: SummaryWriter | None = None, stream: TextIO | None = None
    ) -> None:
        self.warmup_epochs = warmup_epochs
        self.summary_writer = summary_writer
        self.stream = stream

    def attach(self, engine: Engine) -> None:
        """Watch a trainer.

        Args:
            engine: the trainer.
        """
        if self.warmup_epochs > 0:
            engine.add_event_handler(Events.EPOCH_STARTED, self)

    def __call__(self, engine: Engine) -> None:
        """Write the curve, and the message at the first epoch after the warm-up.

        Args:
            engine: the trainer at the start of an epoch.
        """
        epoch, iteration = engine.state.epoch, engine.state.iteration
        if self.summary_writer is not None:
            self.summary_writer.add_scalar("train/warmup", float(epoch <= self.warmup_epochs), iteration)
        if epoch == self.warmup_epochs + 1:
            message = MESSAGE.format(epoch=epoch)
            tqdm.write(message, file=self.stream or sys.stderr)
            if self.summary_writer is not None:
                self.summary_writer.add_text("warm-up", message, iteration)
