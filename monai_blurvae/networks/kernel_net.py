"""The kernel network G: a latent to the blur kernel of its image."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from monai_blurvae.checks import check_integer
from monai_blurvae.functional import check_odd


class KernelNet(nn.Module):
    """G(z): two linear layers that give one blur kernel for each latent.

    With softmax the kernel is positive and sums to one, so abs(K) <= 1 with K = 1 at zero frequency.

    Args:
        latent_size: number of values of z.
        kernel_size: kernel's size in pixels, one odd number per spatial axis.
        hidden_size: units of the hidden layer.
        softmax: normalise the kernel by softmax; otherwise its values are free.

    Raises:
        ValueError: If a kernel size is even or not positive.

    Example:
        >>> kernel = KernelNet(5, (3, 3))(torch.zeros(2, 5))
        >>> kernel.shape, bool(torch.allclose(kernel.sum((1, 2)), torch.ones(2)))
        (torch.Size([2, 3, 3]), True)
    """

    def __init__(
        self, latent_size: int, kernel_size: Sequence[int], hidden_size: int = 1000, softmax: bool = True
    ) -> None:
        super().__init__()
        check_odd(kernel_size, "kernel_size")
        check_integer(1, latent_size=latent_size, hidden_size=hidden_size)
        self.latent_size = latent_size
        self.kernel_size = list(kernel_size)
        self.softmax = softmax
        self.layers = nn.Sequential(
            nn.Linear(latent_size, hidden_size),
            nn.LeakyReLU(),
            nn.Linear(hidden_size, math.prod(kernel_size)),
        )
        self.unflatten = nn.Unflatten(1, tuple(kernel_size))

    def forward(self, z: Tensor) -> Tensor:
        """Estimate kernels.

        Args:
            z: latents, (B, *latent).

        Returns:
            Kernels, (B, *kernel), the centre in the middle, in the latents' precision also under autocast.
        """
        values = self.layers(z.flatten(1)).to(z.dtype)
        if self.softmax:
            values = torch.softmax(values, dim=1)
        kernel: Tensor = self.unflatten(values)
        return kernel
