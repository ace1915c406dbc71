"""Gradient descent on a batch of images, each with its own step length."""

from collections.abc import Callable

import torch
from torch import Tensor

from monai_blurvae.mri.conjugate_gradient import inner_product, per_pixel
from monai_blurvae.shapes import PerImage

SUFFICIENT = 1e-4
"""A step must reach this share of the decrease that the slope predicts (Armijo)."""

MEMORY = 8
"""A step is compared with the highest of this number of values."""

SHORTEST, LONGEST = 0.01, 0.5
"""Bounds of the factor by which a refused step is shortened."""

WITHOUT_VALUE = 0.1
"""The factor for a step that ends where the function has no value."""

GROWTH = 2.0
"""The factor by which an accepted step grows where the objective curves downwards."""


def descend(
    value_and_grad: Callable[[Tensor], tuple[Tensor, Tensor]], x: Tensor, steps: int
) -> tuple[Tensor, PerImage]:
    """Minimise a function of each image by gradient steps; the result is never worse than the start.

    Step lengths are those of Barzilai and Borwein, |d|^2 / <d, y> with d the last step and y the change of
    the gradient: on a quadratic function, the inverse of a curvature. They need not lower the function every
    time, which makes them fast. A step that ends above the highest of the last few values is taken back and
    tried shorter (Grippo et al.). Each step evaluates the function once. Images do not influence one another.

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
        Grippo, Lampariello and Lucidi, A Nonmonotone Line Search Technique for Newton's Method,
        SIAM J. Numer. Anal. 23, 1986.

    Example:
        >>> def half_square(v):
        ...     return v.square().flatten(1).sum(1) / 2, v
        >>> descend(half_square, torch.ones(1, 1, 2, 2), steps=1)[1]
        tensor([0.])
    """
    if steps < 0:
        raise ValueError(f"`steps` must not be negative, got {steps}")
    v = best = x.detach()
    value, g = value_and_grad(v)
    lowest, recent = value, value.expand(MEMORY, -1)
    step = torch.ones_like(value)
    for _ in range(steps):
        d = -per_pixel(step, g) * g
        new_value, new_g = value_and_grad(v + d)
        slope = inner_product(g, g)
        good = new_value <= recent.amax(dim=0) - SUFFICIENT * step * slope
        curvature = inner_product(d, new_g - g)
        longer = torch.where(curvature > 0, inner_product(d, d) / curvature, GROWTH * step)
        parabola = step * slope / (2 * (new_value - value + step * slope))
        shorter = step * parabola.nan_to_num(WITHOUT_VALUE).clamp(SHORTEST, LONGEST)
        step = torch.where(good, longer, shorter)
        v = torch.where(per_pixel(good, v), v + d, v)
        g = torch.where(per_pixel(good, v), new_g, g)
        value = torch.where(good, new_value, value)
        recent = torch.where(good, torch.cat([recent[1:], value[None]]), recent)
        best = torch.where(per_pixel(value < lowest, v), v, best)
        lowest = torch.minimum(value, lowest)
    return best, lowest
