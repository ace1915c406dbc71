"""The mean over images that every measure of this package is: sums kept, not tensors."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
from ignite.exceptions import NotComputableError
from ignite.metrics.metric import reinit__is_reduced, sync_all_reduce
from torch import Tensor

from monai_blurvae.metrics.whole_output import Output, WholeOutputMetric


class PerImageMean(WholeOutputMetric):
    """A measure that is a function of the mean over images of something measured on each.

    A subclass says what is measured (`values`) and what becomes of the mean (`result`). Float64 sums of the
    values and of their squares, and a count, are all it keeps, summed over processes: how the images were
    divided into batches or among processes does not change the value.

    Attributes:
        std: the values' standard deviation over the images of the last `compute` (the population's, not an
            estimate); None where an image has not one value of its own.
    """

    per_image: bool = True
    """Whether each of the values is its image's own."""

    std: float | None = None

    @abstractmethod
    def values(self, output: Output) -> Tensor:
        """Measure each image of a batch.

        Args:
            output: the evaluator's output.

        Returns:
            The values, (B, ...).
        """

    def result(self, mean: Tensor) -> float | Tensor:
        """Turn the mean over all images into the measure.

        Args:
            mean: mean of the values, (...).

        Returns:
            The measure.
        """
        return mean.item()

    @reinit__is_reduced  # type: ignore[untyped-decorator]
    def reset(self) -> None:
        """Forget all images."""
        self._sum = torch.zeros((), dtype=torch.float64)
        self._squares = torch.zeros((), dtype=torch.float64)
        self._count = 0

    @reinit__is_reduced  # type: ignore[untyped-decorator]
    def update(self, output: Output) -> None:
        """Take in a batch.

        Args:
            output: the evaluator's output.
        """
        values = self.values(output).detach().cpu().double()
        self._sum = self._sum + values.sum(dim=0)
        self._squares = self._squares + values.square().sum(dim=0)
        self._count += len(values)

    @sync_all_reduce("_sum", "_squares", "_count")  # type: ignore[untyped-decorator]
    def compute(self) -> float | Tensor:
        """Give the measure over all images of all processes.

        Returns:
            The measure.

        Raises:
            NotComputableError: if there was no image.
        """
        if self._count == 0:
            raise NotComputableError(f"{type(self).__name__} needs at least one image, got none")
        mean = self._sum / self._count
        own = self.per_image and mean.ndim == 0
        self.std = (self._squares / self._count - mean.square()).clamp_min(0).sqrt().item() if own else None
        return self.result(mean)


def present(output: Mapping[str, Any], key: str) -> Tensor:
    """Take a tensor that a measure cannot do without.

    Args:
        output: the evaluator's output.
        key: which one.

    Returns:
        The tensor.

    Raises:
        ValueError: if it is missing or None.
    """
    value = output.get(key)
    if value is None:
        raise ValueError(f"`output` must hold the key {str(key)!r}, got {[str(name) for name in output]}")
    tensor: Tensor = value
    return tensor
