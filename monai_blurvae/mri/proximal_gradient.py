"""Accelerated proximal gradient steps (FISTA) for problems with a quadratic data term."""

from collections.abc import Callable

from torch import Tensor

from monai_blurvae.mri.solver import Progress


def accelerated_proximal_gradient(
    normal: Callable[[Tensor], Tensor],
    b: Tensor,
    prox: Callable[[Tensor], Tensor],
    step: float,
    start: Tensor,
    progress: Progress,
    report: Callable[[Tensor, Tensor], None],
) -> Tensor:
    """Minimise 1/2 x^H A x - Re x^H b + R(x). Ctrl-C ends it at the last iterate.

    A is applied once in each step: at the extrapolated point it is extrapolated too.

    Args:
        normal: A, Hermitian and not negative, of images (B, 1, H, W).
        b: right-hand side, real or complex (B, 1, H, W).
        prox: the proximal operator of `step` R.
        step: at most 1 over A's largest eigenvalue.
        start: images to start from, as b.
        progress: counts the iterations.
        report: is given each iterate and its data term, and tells `progress`.

    Returns:
        The last iterate.

    References:
        Beck, Teboulle, A fast iterative shrinkage-thresholding algorithm for linear inverse problems, SIAM
        Journal on Imaging Sciences 2, 2009.
    """
    x = point = start
    normal_x = normal_point = normal(x)
    momentum = 1.0
    try:
        for _ in progress:
            new = prox(point - step * (normal_point - b))
            normal_new = normal(new)
            momentum, last = (1 + (1 + 4 * momentum**2) ** 0.5) / 2, momentum
            further = (last - 1) / momentum
            point = new + further * (new - x)
            normal_point = normal_new + further * (normal_new - normal_x)
            x, normal_x = new, normal_new
            report(x, (x.conj() * (normal_x / 2 - b)).real.sum())
    except KeyboardInterrupt:
        progress.interrupt()
    return x
