"""The end of the identity-covariance warm-up, marked in the log and in TensorBoard."""

import sys
from typing import TextIO

from ignite.engine import Engine, Events
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm
from typing_extensions import override

from monai_blurvae.training.handlers.base import Handler

MESSAGE = (
    "epoch {epoch}: the warm-up is over; from here on the loss weights errors by the estimated blur, "
    "and its values no longer compare with those before"
)


class WarmupMarker(Handler):
    """Say when the loss changes its meaning.

    TensorBoard gets the message as a text, and the curve `train/warmup`: 1 during the warm-up, 0 after it.

    Args:
        warmup_epochs: Epochs with identity covariance; 0 for no message.
        summary_writer: TensorBoard's writer; None for none.
        stream: Where the message goes; None for standard error.
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
