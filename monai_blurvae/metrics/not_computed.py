"""Placeholders for measures that cannot be computed, with the reason."""

from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError
from typing import NamedTuple

import torch
from ignite.metrics import Metric
from typing_extensions import override

from monai_blurvae.files import pretrained_file
from monai_blurvae.metrics.base import Output, WholeOutputMetric


class NotComputed(NamedTuple):
    """The reason why there is no number, among an evaluator's metrics."""

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

    @override
    def reset(self) -> None:
        pass

    @override
    def update(self, output: Output) -> None:
        pass

    @override
    def compute(self) -> NotComputed:
        return NotComputed(self.reason)


def from_pretrained(weights: str, build: Callable[[Path], Metric]) -> Metric:
    """Make a measure that needs published weights of another network; nothing is downloaded.

    Args:
        weights: file name of the weights, as published.
        build: makes the measure from the file. torch's random state is put back afterwards.

    Returns:
        The measure, or `Unavailable` if the weights or the packages of the extra `perceptual` are missing
        or do not work.
    """
    try:
        path = pretrained_file(weights)
    except FileNotFoundError:
        return Unavailable(f"weights {weights} not found in torch.hub's folder of checkpoints")
    try:
        with torch.random.fork_rng(devices=[]):
            return build(path)
    except ImportError as error:
        return Unavailable(f"the extra `perceptual` does not work: {error}")
    except (RuntimeError, UnpicklingError, EOFError, KeyError) as error:
        return Unavailable(f"weights {weights} could not be loaded: {error}")


def unfit_for_colour_networks(spatial_dims: int, channels: int) -> str | None:
    """Say why a network trained on colour photographs cannot take images, or None if it can.

    Args:
        spatial_dims: spatial axes of the images.
        channels: channels of the images; a single one is repeated.

    Returns:
        The reason or None.

    Example:
        >>> unfit_for_colour_networks(3, 1)
        '2D images only'
    """
    if spatial_dims != 2:
        return "2D images only"
    return None if channels in {1, 3} else f"images of 1 or 3 channels only, these have {channels}"
