"""One number for each image of a batch, and the way back to its pixels."""

from jaxtyping import Shaped
from torch import Tensor

from monai_blurvae.shapes import PerImage


def per_pixel(values: Shaped[Tensor, " B"], x: Tensor) -> Tensor:
    """Shape one number an image so that it multiplies images.

    Args:
        values: one number an image, (B,).
        x: images, (B, ...).

    Returns:
        The numbers, (B, 1, ...), with as many axes as `x`.
    """
    return values.view(-1, *[1] * (x.ndim - 1))


def inner_product(a: Tensor, b: Tensor) -> PerImage:
    """Compute the real inner product Re <a, b> of each pair of images.

    Args:
        a: images, real or complex, (B, ...).
        b: images of the same shape and kind.

    Returns:
        Sums over an image, (B,).
    """
    return (a.conj() * b).real.flatten(1).sum(dim=1)
