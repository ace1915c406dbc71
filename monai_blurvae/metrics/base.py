"""Base classes of metrics: an engine's output as one batch, a key, and a mean over images."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from ignite.engine import Engine
from ignite.exceptions import NotComputableError
from ignite.metrics import Metric
from ignite.metrics.metric import reinit__is_reduced, sync_all_reduce
from monai.data import MetaTensor
from torch import Tensor
from typing_extensions import override

from monai_blurvae.keys import Keys

Output = Mapping[str, Any]
"""The output of an engine for one batch, by `monai_blurvae.keys.Keys`; keys may be missing or None."""


def collated(output: Output | Sequence[Output]) -> Output:
    """Put the single images of a decollated output back into one batch.

    MONAI's engines decollate by default: their output is then a list with a dictionary for each image.

    Args:
        output: an engine's output, of a batch, or of single images without a batch axis.

    Returns:
        The output of the batch; its tensors are plain tensors with a batch axis.
    """
    if isinstance(output, Mapping):
        return {key: _plain(value) for key, value in output.items()}
    return {key: _together([image[key] for image in output]) for key in (output[0] if output else ())}


def present(output: Output, key: str) -> Tensor:
    """Take a tensor that a measure requires.

    Args:
        output: the output of a batch.
        key: which tensor.

    Returns:
        The tensor.

    Raises:
        ValueError: If it is missing or None.
    """
    value = output.get(key)
    if value is None:
        raise ValueError(f"`output` must hold the key {str(key)!r}, got {[str(name) for name in output]}")
    tensor: Tensor = value
    return tensor


class WholeOutputMetric(Metric):  # type: ignore[misc]
    """A measure that is given the whole output of a batch, decollated or not.

    Args:
        key: which images to measure; None for the measure's own choice, `default_key`.
    """

    default_key: str = Keys.RECONSTRUCTION

    def __init__(self, key: str | None = None) -> None:
        self.key = self.default_key if key is None else key
        super().__init__()

    def iteration_completed(self, engine: Engine) -> None:
        """Take in the engine's output, without a graph."""
        with torch.no_grad():
            self.update(collated(engine.state.output))

    def pair(self, output: Output) -> tuple[Tensor, Tensor]:
        """Take the measured images and the inputs, (B, ch, *size) each."""
        return present(output, self.key), present(output, Keys.IMAGE)


class PerImageMean(WholeOutputMetric):
    """A function (`result`) of the mean over images of a value per image (`values`).

    Only float64 sums and a count are kept, summed over processes: the value does not depend on how the images
    are divided into batches or among processes.

    Attributes:
        std: standard deviation of the values over the images of the last `compute` (of the population); None
            if the measure has no value for a single image.
    """

    per_image: bool = True
    """Whether each of the values belongs to its own image only."""

    std: float | None = None

    @abstractmethod
    def values(self, output: Output) -> Tensor:
        """Measure the images of a batch, giving values (B, ...)."""

    def result(self, mean: Tensor) -> float | Tensor:
        """Turn the mean of the values over all images, (...), into the measure."""
        return mean.item()

    @override
    @reinit__is_reduced  # type: ignore[untyped-decorator]
    def reset(self) -> None:
        self._sum = torch.zeros((), dtype=torch.float64)
        self._squares = torch.zeros((), dtype=torch.float64)
        self._count = 0

    @override
    @reinit__is_reduced  # type: ignore[untyped-decorator]
    def update(self, output: Output) -> None:
        values = self.values(output).detach().cpu().double()
        self._sum = self._sum + values.sum(dim=0)
        self._squares = self._squares + values.square().sum(dim=0)
        self._count += len(values)

    @override
    @sync_all_reduce("_sum", "_squares", "_count")  # type: ignore[untyped-decorator]
    def compute(self) -> float | Tensor:
        if self._count == 0:
            raise NotComputableError(f"{type(self).__name__} needs at least one image, got none")
        mean = self._sum / self._count
        own = self.per_image and mean.ndim == 0
        self.std = (self._squares / self._count - mean.square()).clamp_min(0).sqrt().item() if own else None
        return self.result(mean)


def _plain(value: Any) -> Any:  # noqa: ANN401
    return value.as_tensor() if isinstance(value, MetaTensor) else value


def _together(values: list[Any]) -> Any:  # noqa: ANN401
    if isinstance(values[0], Tensor):
        return torch.stack([_plain(value) for value in values])
    if isinstance(values[0], int | float):  # one number of the whole batch, repeated for each image
        return torch.tensor(values, dtype=torch.float64).mean().item()
    return None if values[0] is None else values
