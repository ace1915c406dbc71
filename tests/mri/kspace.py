"""Random k-space, and an encoding without structure."""

from itertools import product

import torch

from monai_blurvae.mri import CartesianEncoding

SIZE = (6, 5)
"""Small, not square, one size even and one odd: centres and axes cannot be mistaken unnoticed."""


def complex_noise(*shape, seed=0, dtype=torch.complex128):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def normalised_maps(batch=2, coils=3):
    """Maps that have no structure, with a sum of squares of 1."""
    maps = complex_noise(batch, coils, *SIZE, seed=1)
    return maps / maps.abs().square().sum(dim=1, keepdim=True).sqrt()


def random_encoding():
    """Half of the frequencies at random, another half for each of two images, seen by 3 coils."""
    mask = torch.rand(2, 1, *SIZE, generator=torch.Generator().manual_seed(2)) < 0.5
    return CartesianEncoding(mask, normalised_maps())


def dense_fourier(size):
    """The centred orthonormal transform as a matrix over flattened pixels, entry by entry."""
    pixels = list(product(*(range(n) for n in size)))
    angles = [
        [sum((k - n // 2) * (p - n // 2) / n for k, p, n in zip(f, r, size, strict=True)) for r in pixels]
        for f in pixels
    ]
    return torch.exp(-2j * torch.pi * torch.tensor(angles, dtype=torch.float64)) / len(pixels) ** 0.5
