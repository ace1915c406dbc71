"""Noise as a function of seed and counter, so that a resumed run draws the same as an uninterrupted one."""

from collections.abc import Sequence

import torch
from torch import Tensor


def counted_noise(shape: Sequence[int], seed: int, *counter: int) -> Tensor:
    """Draw standard normal noise that depends only on the seed and the counter.

    Args:
        shape: shape of the noise.
        seed: the run's seed.
        *counter: what distinguishes one draw from another: iteration, rank.

    Returns:
        Float32 noise on the CPU, of `shape`.

    Example:
        >>> torch.equal(counted_noise((2, 3), 0, 7, 1), counted_noise((2, 3), 0, 7, 1))
        True
        >>> torch.equal(counted_noise((2, 3), 0, 7, 1), counted_noise((2, 3), 0, 8, 1))
        False
    """
    generator = torch.Generator()
    mixed = seed
    for count in counter:
        mixed = (mixed * 6364136223846793005 + count + 1442695040888963407) % 2**63
    generator.manual_seed(mixed)
    return torch.randn(tuple(shape), generator=generator)
