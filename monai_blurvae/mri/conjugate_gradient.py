"""Conjugate gradients for a batch of Hermitian positive systems, each with its own steps."""

from collections.abc import Callable

import torch
from jaxtyping import Shaped
from torch import Tensor

from monai_blurvae.checks import check_at_least, check_integer
from monai_blurvae.shapes import PerImage


@torch.no_grad()
def conjugate_gradient(
    operator: Callable[[Tensor], Tensor],
    b: Tensor,
    start: Tensor | None = None,
    iterations: int = 50,
    tolerance: float = 1e-6,
) -> Tensor:
    """Solve A x = b for every element of a batch.

    Every element has its own step lengths, as if it were the only one. An element that has converged stands
    still; the loop ends when all have. A may be singular if b lies in its range: from a start of zero, the
    solution is then the one of least norm. No step is taken along what rounding puts outside of that range.

    Args:
        operator: A, Hermitian and positive semidefinite, from (B, ...) to (B, ...); elements of the batch do
            not influence one another.
        b: right-hand sides, real or complex, (B, ...).
        start: where to start, of the shape of b; None: zero.
        iterations: the most steps to take.
        tolerance: an element has converged when its residual's norm is at most this share of b's norm,
            or what rounding leaves of it.

    Returns:
        Solutions x, of the shape of b.

    Raises:
        ValueError: If `iterations` or `tolerance` is negative, or `start` has another shape than `b`.

    References:
        Hestenes, Stiefel, Methods of conjugate gradients for solving linear systems, Journal of Research of
        the National Bureau of Standards 49, 1952.

    Example:
        >>> diagonal = torch.tensor([1.0, 2.0, 4.0])
        >>> conjugate_gradient(lambda x: diagonal * x, torch.ones(1, 3))
        tensor([[1.0000, 0.5000, 0.2500]])
    """
    check_integer(0, iterations=iterations)
    check_at_least(0, tolerance=tolerance)
    if start is not None and start.shape != b.shape:
        raise ValueError(f"`start` must have the shape of `b`, {tuple(b.shape)}, got {tuple(start.shape)}")
    x = torch.zeros_like(b) if start is None else start.clone()
    residual = b if start is None else b - operator(x)
    direction = residual
    power = _squared_norm(residual)
    rounding = 10 * torch.finfo(power.dtype).eps
    enough = max(tolerance, rounding) ** 2 * _squared_norm(b)
    largest = torch.zeros_like(power)
    for _ in range(iterations):
        active = power > enough
        if not bool(active.any()):
            break
        image = operator(direction)
        curvature = per_pixel(inner_product(direction, image), direction)
        length = _squared_norm(direction)
        largest = torch.maximum(largest, curvature / length.where(length > 0, 1))
        moving = active & (curvature > rounding * largest * length)
        step = torch.where(moving, power / torch.where(moving, curvature, 1), 0)
        x = x + step * direction
        residual = residual - step * image
        new_power = _squared_norm(residual)
        ratio = torch.where(moving, new_power / torch.where(moving, power, 1), 0)
        direction = residual + ratio * direction
        power = torch.where(moving, new_power, 0)
    return x


def inner_product(a: Tensor, b: Tensor) -> PerImage:
    """Compute the real inner product Re <a, b> of each pair of images, (B, ...), giving (B,)."""
    return (a.conj() * b).real.flatten(1).sum(dim=1)


def per_pixel(values: Shaped[Tensor, " B"], x: Tensor) -> Tensor:
    """Shape one number per image, (B,), as (B, 1, ...), with as many axes as the images x."""
    return values.view(-1, *[1] * (x.ndim - 1))


def _squared_norm(a: Tensor) -> Tensor:
    # of each element of a batch, (B, 1, ..., 1)
    return per_pixel(inner_product(a, a), a)
