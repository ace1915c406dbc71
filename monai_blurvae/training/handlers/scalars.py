"""TensorBoard curves of the training terms and the validation metrics."""

from collections.abc import Mapping
from typing import Any

from ignite.engine import Engine
from monai.handlers import TensorBoardStatsHandler
from torch.utils.tensorboard import SummaryWriter

from monai_blurvae.training.handlers.terms import scalar_terms


def training_scalars(summary_writer: SummaryWriter, interval: int = 1) -> TensorBoardStatsHandler:
    """Make the handler that writes every term of the trainer's output under `train/`, against iterations.

    Args:
        summary_writer: where to write.
        interval: iterations from one point to the next, at least 1.

    Returns:
        MONAI's handler, to attach to the trainer.

    Raises:
        ValueError: if the interval is below 1.
    """
    if interval < 1:
        raise ValueError(f"`interval` must be at least 1, got {interval}")

    def tagged_terms(output: Mapping[str, Any]) -> dict[str, Any]:
        return {f"train/{name}": value for name, value in scalar_terms(output).items()}

    return TensorBoardStatsHandler(
        summary_writer, iteration_log=interval, epoch_log=False, output_transform=tagged_terms
    )


def validation_scalars(summary_writer: SummaryWriter) -> TensorBoardStatsHandler:
    """Make the handler that writes every scalar metric under `validation/`, against the trainer's epochs.

    Args:
        summary_writer: where to write.

    Returns:
        MONAI's handler, to attach to the evaluator.
    """

    def write_metrics(engine: Engine, writer: SummaryWriter) -> None:
        for name, value in scalar_terms(engine.state.metrics).items():
            writer.add_scalar(f"validation/{name}", value, engine.state.epoch)
        writer.flush()

    return TensorBoardStatsHandler(
        summary_writer, iteration_log=False, epoch_log=True, epoch_event_writer=write_metrics
    )
