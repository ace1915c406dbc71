"""Dense matrices of the blur model, built entry by entry: no Fourier transform comes near them."""

from collections.abc import Sequence
from itertools import product

import torch
from torch import Tensor

SIZES = [
    ((7,), (3,)),
    ((8,), (5,)),
    ((5, 6), (3, 3)),
    ((6, 5), (5, 3)),
    ((4, 4), (3, 1)),
    ((5, 5), (5, 5)),
    ((3, 4, 5), (3, 3, 3)),
    ((3, 5, 4), (1, 3, 3)),
]
"""Image and kernel sizes in one, two and three dimensions; last sizes odd and even."""


def circulant(kernel: Tensor, size: Sequence[int]) -> Tensor:
    """Write the circular convolution with one kernel as an (N, N) matrix, differentiable in the kernel.

    Row n, column m holds k[j] where m = n - (j - centre), modulo the image's size.
    """
    pixels = list(product(*(range(n) for n in size)))
    number = {pixel: i for i, pixel in enumerate(pixels)}
    matrix = torch.zeros(len(pixels), len(pixels), dtype=kernel.dtype)
    for j in product(*(range(k) for k in kernel.shape)):
        offset = [a - k // 2 for a, k in zip(j, kernel.shape, strict=True)]
        shift = torch.zeros_like(matrix)
        for n in pixels:
            m = tuple((a - o) % s for a, o, s in zip(n, offset, size, strict=True))
            shift[number[n], number[m]] = 1
        matrix = matrix + kernel[j] * shift
    return matrix


def wiener_matrix(kernel: Tensor, C: float, size: Sequence[int]) -> Tensor:
    """Write the Wiener filter as a matrix, W = (M^T M + C I)^-1 M^T, M the blur's circulant matrix."""
    M = circulant(kernel, size)
    return torch.linalg.solve(M.T @ M + C * torch.eye(len(M), dtype=M.dtype), M.T)


def weighted_error(error: Tensor, kernel: Tensor, C: float) -> Tensor:
    """Compute q of each image: || W e ||^2 summed over channels."""
    size = error.shape[2:]
    filters = torch.stack([wiener_matrix(k, C, size) for k in kernel])
    return torch.einsum("bnm,bcm->bcn", filters, error.flatten(2)).square().sum(dim=(1, 2))


def exact_half_log_determinant(kernel: Tensor, C: float, size: Sequence[int], channels: int) -> Tensor:
    """Compute 1/2 log det Sigma of each image, Sigma = (W^T W)^-1 for every channel."""
    return torch.stack([-channels * torch.linalg.slogdet(wiener_matrix(k, C, size))[1] for k in kernel])


def epsilon_half_log_determinant(
    kernel: Tensor, epsilon: float, size: Sequence[int], channels: int
) -> Tensor:
    """Compute 1/2 log det((M + eps I)^T (M + eps I) + 1e-6 I) of each image, for every channel."""
    values = []
    for k in kernel:
        M = circulant(k, size)
        identity = torch.eye(len(M), dtype=M.dtype)
        shifted = M + epsilon * identity
        values.append(channels / 2 * torch.linalg.slogdet(shifted.T @ shifted + 1e-6 * identity)[1])
    return torch.stack(values)


def images_and_kernels(
    size: Sequence[int], kernel_size: Sequence[int], batch: int = 2, channels: int = 2, seed: int = 0
) -> tuple[Tensor, Tensor, Tensor]:
    """Draw images, reconstructions and kernels of unit sum in float64."""
    generator = torch.Generator().manual_seed(seed)
    draw = [torch.rand(batch, channels, *size, generator=generator, dtype=torch.float64) for _ in range(2)]
    kernel = torch.rand(batch, *kernel_size, generator=generator, dtype=torch.float64)
    return draw[0] * 2 - 1, draw[1] * 2 - 1, kernel / kernel.flatten(1).sum(1).reshape(-1, *[1] * len(size))
