"""A measure that cannot be computed here says so, and why, where its number would stand."""

from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError
from typing import NamedTuple

import torch
from ignite.metrics import Metric

from monai_blurvae.files import pretrained_file
from monai_blurvae.metrics.whole_output import Output, WholeOutputMetric


class NotComputed(NamedTuple):
    """What stands in an evaluator's metrics in place of a number."""

    reason: str
    """Why there is no number."""


class Unavailable(WholeOutputMetric):
    """A measure without a number.

    Args:
        reason: why there is none.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__()

    def reset(self) -> None:
        """Keep nothing."""

    def update(self, output: Output) -> None:
        """Pass a batch over.

        Args:
            output: the evaluator's output.
        """

    def compute(self) -> NotComputed:
        """Say why there is no number.

        Returns:
            The reason.
        """
        return NotComputed(self.reason)


def from_pretrained(weights: str, build: Callable[[Path], Metric]) -> Metric:
    """Make a measure that needs the weights of other people's network, or one that says what is missing.

    Nothing is downloaded, and torch's random state stays as it was.

    Args:
        weights: file name of the weights, as published.
        build: makes the measure from the file.

    Returns:
        The measure, or `Unavailable` where the weights, or the packages of the extra `perceptual`, are.
    """
    try:
        path = pretrained_file(weights)
    except FileNotFoundError:
        return Unavailable(f"weights {weights} not found in torch.hub's folder of checkpoints")
    try:
        with torch.random.fork_rng(devices=[]):
            return build(path)
    except ImportError as error:
        return Unavailable(f"the extra `perceptual` must be installed: {error}")
    except (RuntimeError, UnpicklingError, EOFError, KeyError) as error:
        return Unavailable(f"weights {weights} could not be loaded: {error}")


def unfit_for_colour_networks(spatial_dims: int, channels: int) -> str | None:
    """Say why networks that were trained on colour photographs cannot see images of a kind.

    Args:
        spatial_dims: spatial axes of the images.
        channels: channels of the images; a single one can be repeated.

    Returns:
        The reason, None where they can.

    Example:
        >>> unfit_for_colour_networks(3, 1)
        '2D images only'
    """
    if spatial_dims != 2:
        return "2D images only"
    return None if channels in {1, 3} else f"images of 1 or 3 channels only, these have {channels}"
