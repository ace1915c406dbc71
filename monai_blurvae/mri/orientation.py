"""The orientation of images in the patient: the sides to which rows and columns run, and turning them."""

from collections.abc import Sequence

import torch
from torch import Tensor

from monai_blurvae.checks import OPPOSITE, checked_orientation
from monai_blurvae.mri.centred_fourier import SPATIAL


def same_plane(one: str, other: str) -> bool:
    """Tell whether rows and columns of two orientations lie in one plane."""
    turned = {letter for pair in one[:2] for letter in (pair, OPPOSITE[pair])}
    return all(letter in turned for letter in other[:2])


def _is_transposed(source: str, target: str) -> bool:
    # whether rows of one are columns of the other
    if not same_plane(source, target):
        raise ValueError(f"`target` must lie in the plane of `source`, {source}, got {target}")
    return source[0] not in (target[0], OPPOSITE[target[0]])


def in_orientation(values: Sequence[float], source: str, target: str) -> tuple[float, ...]:
    """Give values of rows, columns (and slices), such as a spacing, in the order of another orientation."""
    rows, columns, *others = values
    return (columns, rows, *others) if _is_transposed(source, target) else (rows, columns, *others)


def reorient(values: Tensor, source: str, target: str) -> Tensor:
    """Turn images, coil maps, masks or k-space from one orientation to another.

    Axes change places, or are mirrored at their centre pixel, n // 2, which stays where it is. Along an even
    axis the outermost pixel, which has no counterpart, stays too. So the centred transform of a turned image
    is the turned transform, exactly: one function serves images and k-space, and it has an inverse.

    Args:
        values: (..., H, W), in the plane that the orientations share.
        source: their orientation, such as "PL": rows run towards posterior, columns towards left.
        target: the one wanted, in the same plane.

    Returns:
        (..., H, W), or (..., W, H) where the axes change places.

    Example:
        >>> reorient(torch.tensor([[1, 2, 3], [4, 5, 6]]), "PL", "RP")
        tensor([[3, 6],
                [2, 5],
                [1, 4]])
    """
    checked_orientation(source)
    checked_orientation(target)
    if _is_transposed(source, target):
        values, source = values.transpose(*SPATIAL), source[1] + source[0]
    for axis, before, after in zip(SPATIAL, source, target, strict=False):
        if before != after:
            values = torch.roll(values.flip(axis), 1 - values.shape[axis] % 2, axis)
    return values
