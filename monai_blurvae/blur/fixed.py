"""A fixed blur: a Gaussian kernel of given variance (table 1), or any kernel."""

from collections.abc import Sequence

import torch
from torch import Tensor

from monai_blurvae.blur.base import BlurSource
from monai_blurvae.functional import KernelSpectrum, check_odd, gaussian_kernel, transfer_function
from monai_blurvae.shapes import Code


class FixedBlur(BlurSource):
    """K = F(k) of one kernel for all images.

    The kernel is configuration: it is not saved with the weights.

    Args:
        kernel: kernel, (*kernel), odd sizes. One of a single axis acts along every axis of the images.

    Raises:
        ValueError: If a size is even, or the kernel not finite or 0 everywhere.

    Example:
        >>> delta = torch.tensor([0.0, 1.0, 0.0])
        >>> FixedBlur(delta).transfer_function((4,))
        tensor([[1.+0.j, 1.+0.j, 1.+0.j]])
    """

    kernel: Tensor

    def __init__(self, kernel: Tensor) -> None:
        super().__init__()
        kernel = torch.as_tensor(kernel)
        check_odd(tuple(kernel.shape), "kernel")
        if not bool(kernel.isfinite().all() and kernel.any()):
            raise ValueError(
                f"`kernel` must be finite and not 0 everywhere, got a sum of {float(kernel.sum())}"
            )
        self.register_buffer("kernel", kernel, persistent=False)

    @classmethod
    def gaussian(cls, variance: float, kernel_size: int | Sequence[int]) -> "FixedBlur":
        """Make a Gaussian blur.

        Args:
            variance: variance in pixels squared, positive.
            kernel_size: size of the kernel in pixels, odd, one number per spatial axis, or one for all axes.

        Returns:
            The source.
        """
        size = (kernel_size,) if isinstance(kernel_size, int) else kernel_size
        check_odd(size, "kernel_size")
        return cls(gaussian_kernel(variance, size))

    def transfer_function(self, size: Sequence[int], z: Code | None = None) -> KernelSpectrum:
        """See `BlurSource`."""
        del z
        kernel = self.kernel
        while self.kernel.ndim == 1 and kernel.ndim < len(size):
            kernel = kernel[..., None] * self.kernel
        return transfer_function(kernel[None], size)
