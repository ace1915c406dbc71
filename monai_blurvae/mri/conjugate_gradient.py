"""Conjugate gradients for a batch of Hermitian positive systems, each with its own steps."""

from collections.abc import Callable

import torch
from torch import Tensor

from monai_blurvae.mri.batch import inner_product, per_pixel


@torch.no_grad()
def conjugate_gradient(
    operator: Callable[[Tensor], Tensor],
    b: Tensor,
    start: Tensor | None = None,
    iterations: int = 50,
    tolerance: float = 1e-6,
) -> Tensor:
    """Solve A x = b for every element of a batch.

    Every element has its own steps, as if it were solved alone; one that has converged stands still, and the
    loop ends when all have. A may be singular where b lies in its range: from a start of zero, the solution
    is then the one of least norm. What rounding puts outside of that range is never stepped along.

    Args:
        operator: A, Hermitian and positive semidefinite, from (B, ...) to (B, ...), no element of the batch
            reaching another.
        b: right-hand sides, real or complex, (B, ...).
        start: where to start, of the shape of b; zero if None.
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
    if iterations < 0:
        raise ValueError(f"`iterations` must not be negative, got {iterations}")
    if tolerance < 0:
        raise ValueError(f"`tolerance` must not be negative, got {tolerance}")
    if start is not None and start.shape != b.shape:
        raise ValueError(f"`start` must have the shape of `b`, {tuple(b.shape)}, got {tuple(start.shape)}")
    x = torch.zeros_like(b) if start is None else start.clone()
    residual = b if start is None else b - operator(x)
    direction = residual
    power = squared_norm(residual)
    rounding = 10 * torch.finfo(power.dtype).eps
    enough = max(tolerance, rounding) ** 2 * squared_norm(b)
    largest = torch.zeros_like(power)
    for _ in range(iterations):
        active = power > enough
        if not bool(active.any()):
            break
        image = operator(direction)
        curvature = per_pixel(inner_product(direction, image), direction)
        length = squared_norm(direction)
        largest = torch.maximum(largest, curvature / length.where(length > 0, 1))
        moving = active & (curvature > rounding * largest * length)
        step = torch.where(moving, power / torch.where(moving, curvature, 1), 0)
        x = x + step * direction
        residual = residual - step * image
        new_power = squared_norm(residual)
        ratio = torch.where(moving, new_power / torch.where(moving, power, 1), 0)
        direction = residual + ratio * direction
        power = torch.where(moving, new_power, 0)
    return x


def squared_norm(a: Tensor) -> Tensor:
    """Compute the squared norm of each element of a batch.

    Args:
        a: real or complex, (B, ...).

    Returns:
        Squared norms, real, (B, 1, ..., 1).

    Example:
        >>> squared_norm(torch.tensor([[3 + 4j, 0]]))
        tensor([[25.]])
    """
    return per_pixel(inner_product(a, a), a)
