"""Fixed blur kernels: a Gaussian of given variance, and the delta that blurs nothing."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from monai_blurvae.checks import check_positive
from monai_blurvae.functional.fourier import check_odd


def gaussian_kernel(variance: float, size: Sequence[int]) -> Float[Tensor, "*kernel"]:
    """Sample an isotropic Gaussian, k[n] proportional to exp(-abs(n)^2 / (2 variance)), and give it unit sum.

    Args:
        variance: variance in pixels squared, positive.
        size: kernel size in pixels, odd.

    Returns:
        The kernel, (*kernel), its centre in the middle.

    Raises:
        ValueError: If `variance` is not positive or a size is even.

    Example:
        >>> kernel = gaussian_kernel(2.0, (11, 11))
        >>> round(float(kernel.sum()), 5)
        1.0
    """
    check_odd(size, "size")
    check_positive(variance=variance)
    axes = [torch.arange(n, dtype=torch.float64) - n // 2 for n in size]
    squared_radius = torch.stack([axis.square() for axis in torch.meshgrid(*axes, indexing="ij")]).sum(dim=0)
    kernel = (-squared_radius / (2 * variance)).exp()
    return (kernel / kernel.sum()).to(torch.get_default_dtype())


def delta_kernel(size: Sequence[int]) -> Float[Tensor, "*kernel"]:
    """Make the kernel that leaves every image as it is: 1 in the middle, 0 elsewhere.

    Args:
        size: kernel size in pixels, odd.

    Returns:
        The kernel, (*kernel).

    Raises:
        ValueError: If a size is even.

    Example:
        >>> delta_kernel((3,))
        tensor([0., 1., 0.])
    """
    check_odd(size, "size")
    kernel = torch.zeros(*size)
    kernel[tuple(n // 2 for n in size)] = 1
    return kernel
