"""Gradient descent on a batch of images, each with a step of its own."""

from collections.abc import Callable

import torch
from torch import Tensor

from monai_blurvae.shapes import Image, PerImage

SUFFICIENT = 1e-4
"""Share of the decrease that the slope promises, which a step has to keep (Armijo)."""

SHORTEST, LONGEST = 0.01, 0.5
"""Bounds of what a refused step is shortened by."""

GROWTH = 2.0
"""What an accepted step grows by where the objective curves downwards."""


def per_pixel(values: PerImage, x: Tensor) -> Tensor:
    """Shape one number an image so that it multiplies images.

    Args:
        values: one number an image, (B,).
        x: images, (B, ...).

    Returns:
        The numbers, (B, 1, ...), with as many axes as `x`.
    """
    return values.view(-1, *[1] * (x.ndim - 1))


def inner_product(a: Tensor, b: Tensor) -> PerImage:
    """Compute the real inner product Re <a, b> of each pair of images.

    Args:
        a: images, real or complex, (B, ...).
        b: images of the same shape and kind.

    Returns:
        Sums over an image, (B,).
    """
    return (a.conj() * b).real.flatten(1).sum(dim=1)


def descend(
    value_and_grad: Callable[[Image], tuple[PerImage, Image]], x: Image, steps: int
) -> tuple[Image, PerImage]:
    """Minimise a function of each image by gradient steps that never raise it.

    Step lengths are those of Barzilai and Borwein, |d|^2 / <d, y> with d the last step and y the change of
    the gradient: on a quadratic function the inverse of a curvature. A step that does not lower the function
    is taken back and tried shorter. One evaluation a step; images do not influence one another.

    Args:
        value_and_grad: gives the function's value (B,) and gradient (B, ...) at images (B, ...).
        x: starting images, (B, ...).
        steps: number of gradient steps tried, not negative.

    Returns:
        The best images, (B, ...), and the function's values there, (B,).

    Raises:
        ValueError: If `steps` is negative.

    References:
        Barzilai and Borwein, Two-Point Step Size Gradient Methods, IMA J. Numer. Anal. 8, 1988.

    Example:
        >>> def half_square(v):
        ...     return v.square().flatten(1).sum(1) / 2, v
        >>> descend(half_square, torch.ones(1, 1, 2, 2), steps=1)[1]
        tensor([0.])
    """
    if steps < 0:
        raise ValueError(f"`steps` must not be negative, got {steps}")
    v = x.detach()
    value, g = value_and_grad(v)
    step = torch.ones_like(value)
    for _ in range(steps):
        d = -per_pixel(step, g) * g
        new_value, new_g = value_and_grad(v + d)
        slope = inner_product(g, g)
        lower = new_value <= value - SUFFICIENT * step * slope
        curvature = inner_product(d, new_g - g)
        longer = torch.where(curvature > 0, inner_product(d, d) / curvature, GROWTH * step)
        parabola = step * slope / (2 * (new_value - value + step * slope))
        shorter = step * parabola.nan_to_num(SHORTEST).clamp(SHORTEST, LONGEST)
        step = torch.where(lower, longer, shorter)
        accepted = per_pixel(lower, v)
        v, g = torch.where(accepted, v + d, v), torch.where(accepted, new_g, g)
        value = torch.where(lower, new_value, value)
    return v, value
