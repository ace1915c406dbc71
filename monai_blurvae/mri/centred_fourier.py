"""The Fourier transform between images and k-space: centred, orthonormal, complex, over the last two axes."""

import torch
from jaxtyping import Complex
from torch import Tensor

SPATIAL = (-2, -1)
"""The axes that are transformed: readout (H), phase encoding (W)."""


def image_to_kspace(x: Complex[Tensor, "*batch H W"]) -> Complex[Tensor, "*batch H W"]:
    """Compute the k-space of images: F x, with zero frequency at (H // 2, W // 2).

    The transform is unitary: it keeps norms and inner products, and white noise white, of the same variance.

    Args:
        x: complex images, (..., H, W), their centre at (H // 2, W // 2).

    Returns:
        K-space, (..., H, W).

    Example:
        >>> image_to_kspace(torch.ones(2, 2, dtype=torch.complex64)).real  # zero frequency at (1, 1)
        tensor([[0., 0.],
                [0., 2.]])
    """
    spectrum = torch.fft.fft2(torch.fft.ifftshift(x, dim=SPATIAL), norm="ortho")
    kspace: Tensor = torch.fft.fftshift(spectrum, dim=SPATIAL)
    return kspace


def kspace_to_image(y: Complex[Tensor, "*batch H W"]) -> Complex[Tensor, "*batch H W"]:
    """Compute the images of k-space: F^H y, the inverse of `image_to_kspace`.

    Args:
        y: k-space, (..., H, W), zero frequency at (H // 2, W // 2).

    Returns:
        Complex images, (..., H, W), their centre at (H // 2, W // 2).

    Example:
        >>> x = torch.randn(5, 4, dtype=torch.complex64)
        >>> bool(torch.allclose(kspace_to_image(image_to_kspace(x)), x, atol=1e-6))
        True
    """
    corner = torch.fft.ifft2(torch.fft.ifftshift(y, dim=SPATIAL), norm="ortho")
    image: Tensor = torch.fft.fftshift(corner, dim=SPATIAL)
    return image
