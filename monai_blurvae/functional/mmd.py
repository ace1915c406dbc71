"""The maximum mean discrepancy between two sets of images, with a Gaussian kernel."""

import torch
from jaxtyping import Float
from torch import Tensor

Vectors = Float[Tensor, "n d"]
"""n images as vectors of d values."""


def median_distance(x: Vectors) -> Float[Tensor, ""]:
    """Give the median Euclidean distance between two of the vectors, the usual choice of a bandwidth.

    Args:
        x: vectors, (n, d), n at least 2.

    Returns:
        The median over the n (n - 1) / 2 pairs, a float64 scalar.

    Raises:
        ValueError: If there are fewer than two vectors.

    References:
        Gretton et al., A Kernel Two-Sample Test, JMLR 2012, section 8.

    Example:
        >>> median_distance(torch.tensor([[0.0], [1.0], [3.0]]))
        tensor(2., dtype=torch.float64)
    """
    if len(x) < 2:
        raise ValueError(f"`x` must hold at least two vectors, got {len(x)}")
    return torch.pdist(x.double()).median()


def squared_mmd(x: Vectors, y: Float[Tensor, "m d"], bandwidth: float) -> Float[Tensor, ""]:
    """Estimate MMD^2 without bias, with the kernel k(a, b) = exp(-abs(a - b)^2 / (2 s^2)).

    MMD^2 = sum over i != j of k(x_i, x_j) + k(y_i, y_j) - k(x_i, y_j) - k(x_j, y_i), over n (n - 1).

    Pairs (x_i, y_i) are left out: y_i may depend on x_i, as a reconstruction on its input, and the estimate
    of the distance between the two distributions is still unbiased. It may therefore fall below 0.

    Args:
        x: vectors of one distribution, (n, d), n at least 2.
        y: as many of the other, (n, d).
        bandwidth: s, positive.

    Returns:
        The estimate, a float64 scalar: 0 on average where the distributions agree.

    Raises:
        ValueError: If the shapes differ, there are fewer than two vectors or the bandwidth is not positive.

    References:
        Gretton et al., A Kernel Two-Sample Test, JMLR 2012, lemma 6.

    Example:
        >>> x = torch.tensor([[0.0], [1.0], [3.0]])
        >>> squared_mmd(x, x, bandwidth=1.0)
        tensor(0., dtype=torch.float64)
    """
    if x.shape != y.shape:
        raise ValueError(f"`y` must have the shape of `x`, {tuple(x.shape)}, got {tuple(y.shape)}")
    if len(x) < 2:
        raise ValueError(f"`x` must hold at least two vectors, got {len(x)}")
    if not bandwidth > 0:
        raise ValueError(f"`bandwidth` must be positive, got {bandwidth}")
    n = len(x)

    def kernel_sum(a: Tensor, b: Tensor) -> Tensor:
        gram = (-torch.cdist(a.double(), b.double()).square() / (2 * bandwidth**2)).exp()
        return gram.sum() - gram.diagonal().sum()

    return (kernel_sum(x, x) + kernel_sum(y, y) - 2 * kernel_sum(x, y)) / (n * (n - 1))
