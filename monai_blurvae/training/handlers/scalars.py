"""The scalar terms of an engine's output, and their TensorBoard curves."""

from collections.abc import Mapping, Sequence
from typing import Any

from ignite.engine import Engine
from monai.handlers import TensorBoardStatsHandler
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from monai_blurvae.checks import check_integer
from monai_blurvae.keys import Keys
from monai_blurvae.metrics.base import Output, collated

ORDER = {str(key): rank for rank, key in enumerate(Keys)}


def scalar_terms(output: Output | Sequence[Output]) -> dict[str, Any]:
    """Pick the single numbers of an engine's output, in the order of `Keys`: the loss first.

    Args:
        output: `engine.state.output` by key; if it is decollated, numbers are averaged over the images.

    Returns:
        The numbers and zero-dimensional tensors by plain string keys; names that are not in `Keys` come last.

    Example:
        >>> import torch
        >>> scalar_terms({"image": torch.zeros(2, 1, 4, 4), "scale": 1.0, "loss": torch.tensor(3.0)})
        {'loss': tensor(3.), 'scale': 1.0}
    """
    if not isinstance(output, Mapping):
        output = collated(
            [{key: value for key, value in image.items() if _single(value)} for image in output]
        )
    known = sorted(output, key=lambda key: ORDER.get(key, len(ORDER)))
    return {str(key): output[key] for key in known if _single(output[key])}


def _single(value: object) -> bool:
    return isinstance(value, (int, float)) or (isinstance(value, Tensor) and value.ndim == 0)


def training_scalars(summary_writer: SummaryWriter, interval: int = 1) -> TensorBoardStatsHandler:
    """Make the handler that writes every scalar term of the trainer under `train/`, against iterations.

    Args:
        summary_writer: TensorBoard's writer.
        interval: iterations between two points, at least 1.

    Returns:
        MONAI's handler, to attach to the trainer.

    Raises:
        ValueError: If the interval is below 1.
    """
    check_integer(1, interval=interval)

    def tagged_terms(output: Output | Sequence[Output]) -> dict[str, Any]:
        return {f"train/{name}": value for name, value in scalar_terms(output).items()}

    return TensorBoardStatsHandler(
        summary_writer, iteration_log=interval, epoch_log=False, output_transform=tagged_terms
    )


def validation_scalars(summary_writer: SummaryWriter) -> TensorBoardStatsHandler:
    """Make the handler that writes every scalar metric under `validation/`, against the trainer's epochs.

    Args:
        summary_writer: TensorBoard's writer.

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
