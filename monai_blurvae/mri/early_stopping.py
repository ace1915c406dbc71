"""Methods without a prior, at the weight and the iteration that predict held-back samples best."""

from typing import NamedTuple

import torch
from torch import Tensor

from monai_blurvae.mri.classical import ClassicalSolver
from monai_blurvae.mri.encoding import CartesianEncoding
from monai_blurvae.mri.error import held_back_residual
from monai_blurvae.mri.solver import INTERRUPTED
from monai_blurvae.mri.total_variation import TotalVariation

ITERATIONS = 100
"""The most that total variation and wavelets get."""
FACTOR = 2.0
"""Between neighbouring weights of total variation; and of its weight to that of the wavelets."""
WEIGHTS = 4
"""Weights of total variation that are tried beside its own, at most."""
UNPREDICTABLE = 97.0
"""Residual, in percent, of samples that no image predicts, such as lines of one coil: they cannot judge."""


class Trial(NamedTuple):
    """A reconstruction without the samples that are held back."""

    image: Tensor
    """Of the iteration that predicts them best, complex (B, 1, H, W)."""
    iterations: int
    """Its number, from 1."""
    residual: float
    """Of the samples that are held back, in percent."""
    weight: float
    """Of the method's penalty."""
    interrupted: bool
    """Whether Ctrl-C ended it."""


def best_total_variation(
    y: Tensor, rest: CartesianEncoding, unseen: CartesianEncoding, start: Tensor | None = None
) -> Trial:
    """Reconstruct at the weight, and stop at the iteration, that predict samples best that are held back.

    From its own weight total variation goes up by `FACTOR` as long as the residual falls, or else down.

    Args:
        y: k-space, complex (B, coils, H, W).
        rest: E with the mask of the samples that are seen.
        unseen: E with the mask of the others.
        start: images to start from, complex (B, 1, H, W); None: zero-filled ones.

    Returns:
        The best trial.
    """

    def at(weight: float) -> Trial:
        return stopped_early(TotalVariation(weight, ITERATIONS), y, rest, unseen, start)

    first = best = at(TotalVariation().weight)
    if first.residual >= UNPREDICTABLE:
        return first
    for factor in (FACTOR, 1 / FACTOR):
        for _ in range(WEIGHTS):
            trial = at(best.weight * factor)
            if trial.interrupted:
                return trial
            if trial.residual >= best.residual:
                break
            best = trial
        if best is not first:  # the other side is worse
            break
    return best


def stopped_early(
    solver: ClassicalSolver,
    y: Tensor,
    rest: CartesianEncoding,
    unseen: CartesianEncoding,
    start: Tensor | None = None,
) -> Trial:
    """Reconstruct from a part of the samples, and stop at the iteration that predicts the others best.

    Args:
        solver: the method, with the largest number of iterations.
        y: k-space, complex (B, coils, H, W).
        rest: E with the mask of the samples that are seen.
        unseen: E with the mask of the others.
        start: images to start from, complex (B, 1, H, W); None: the method's own.

    Returns:
        The image of that iteration, and its number.
    """
    best: tuple[float, int, Tensor | None] = (torch.inf, 0, None)

    def watch(iteration: int, _: float, image: Tensor) -> None:
        nonlocal best
        residual = float(held_back_residual(image, y, unseen).mean())
        if residual < best[0]:
            best = residual, iteration + 1, image

    found = solver.reconstruct(y, rest, start=start, watch=watch)
    residual, iterations, image = best
    if residual >= UNPREDICTABLE:
        image, iterations = None, solver.iterations
    interrupted = found.stopped == INTERRUPTED
    return Trial(
        found.image if image is None else image, max(iterations, 1), residual, solver.weight, interrupted
    )
