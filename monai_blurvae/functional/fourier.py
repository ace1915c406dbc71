"""The one Fourier convention: real transforms, half spectra, zero frequency first."""

from collections.abc import Sequence

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from monai_blurvae.functional.dtype import at_least_float32
from monai_blurvae.shapes import Kernel

ImageSpectrum = Complex[Tensor, "B ch *half"]
"""Half spectra of images, zero frequency first."""

KernelSpectrum = Complex[Tensor, "#B *half"]
"""Transfer functions K on the half spectrum, one per image or one for all, zero frequency first."""

Weights = Float[Tensor, "#B *half"]
"""One real number per frequency of the half spectrum, for each image or for all; shared by the channels."""


def half_spectrum(image: Float[Tensor, "*axes"], spatial_dims: int) -> Complex[Tensor, "*half"]:
    """Transform the last axes of a real tensor: F(x)[f] = sum over n of x[n] exp(-2 pi i f n / N).

    A real image's spectrum is Hermitian, so the last axis keeps its size // 2 + 1 non-negative frequencies.

    Args:
        image: real tensor whose last `spatial_dims` axes are spatial, any dtype.
        spatial_dims: number of spatial axes.

    Returns:
        Half spectrum, zero frequency first, complex64 (complex128 for float64), also inside autocast.

    Example:
        >>> half_spectrum(torch.ones(1, 1, 4, 4), 2)[0, 0, 0, 0]  # the sum of all pixels
        tensor(16.+0.j)
    """
    with torch.autocast(image.device.type, enabled=False):
        spectrum: Tensor = torch.fft.rfftn(at_least_float32(image), dim=tuple(range(-spatial_dims, 0)))
    return spectrum


def transfer_function(kernel: Kernel, size: Sequence[int]) -> KernelSpectrum:
    """Transform blur kernels k to K = F(k), the eigenvalues of their block-circulant matrices.

    The kernel is zero-padded to the image with its centre moved to index 0, so that a centred delta is the
    identity (K = 1) and a symmetric kernel has a real K. Axes are padded and transformed one after the other,
    so that rows of padding cost no time, neither here nor in the gradient.

    Args:
        kernel: kernels k, (B, *kernel), odd sizes.
        size: spatial size of the image in pixels.

    Returns:
        K on the half spectrum, (B, *half), zero frequency first.

    Raises:
        ValueError: If a kernel size is even or larger than the image's, or the numbers of axes differ.

    Example:
        >>> delta = torch.tensor([[0.0, 1.0, 0.0]])
        >>> transfer_function(delta, (4,))
        tensor([[1.+0.j, 1.+0.j, 1.+0.j]])
    """
    kernel_size = tuple(kernel.shape[1:])
    check_odd(kernel_size, "kernel")
    if len(kernel_size) != len(size) or any(k > n for k, n in zip(kernel_size, size, strict=True)):
        raise ValueError(f"`kernel` must fit into an image of size {tuple(size)}, got size {kernel_size}")
    with torch.autocast(kernel.device.type, enabled=False):
        K: Tensor = torch.fft.rfft(_centre_to_zero(at_least_float32(kernel), -1, size[-1]), dim=-1)
        for axis in range(-2, -1 - len(size), -1):
            K = torch.fft.fft(_centre_to_zero(K, axis, size[axis]), dim=axis)
    return K


def full_spectrum_sum(values: Float[Tensor, "B ..."], size: Sequence[int]) -> Float[Tensor, "B ..."]:
    """Sum over the full spectrum, from values on the half one.

    Every frequency stands for itself and its mirror image, so it counts twice, except where the last index is
    0 or, for an even last size, the last: those planes hold their own mirror images.

    Args:
        values: real values on the half spectrum, (B, ..., *half), equal at mirrored frequencies.
        size: spatial size of the image in pixels.

    Returns:
        The sums, (B, ...).

    Example:
        >>> full_spectrum_sum(torch.ones(1, 4, 3), (4, 4))  # each of the 16 frequencies once
        tensor([16.])
    """
    spatial_dims = len(size)
    if spatial_dims > 1:
        values = values.sum(dim=tuple(range(-spatial_dims, -1)))
    return (values * multiplicity(size[-1], values)).sum(dim=-1)


def multiplicity(last_size: int, like: Tensor) -> Float[Tensor, "half"]:  # noqa: F821
    """Count how often each last index of the half spectrum stands in the full one.

    Args:
        last_size: last spatial size of the image in pixels.
        like: tensor whose dtype and device the counts take.

    Returns:
        Ones and twos, (last_size // 2 + 1,).

    Example:
        >>> multiplicity(4, torch.ones(1)), multiplicity(5, torch.ones(1))
        (tensor([1., 2., 1.]), tensor([1., 2., 2.]))
    """
    index = torch.arange(last_size // 2 + 1, device=like.device)
    own_mirror = (index == 0) | (2 * index == last_size)  # no assignment by index: a GPU would be waited for
    return (2 - own_mirror.int()).to(like.dtype)


def squared_modulus(values: Complex[Tensor, "*axes"]) -> Float[Tensor, "*axes"]:
    """Compute abs(v)^2 = real(v)^2 + imag(v)^2, without the square root that abs takes and squaring undoes.

    Args:
        values: complex tensor of any shape.

    Returns:
        Squared moduli, of the same shape.

    Example:
        >>> squared_modulus(torch.tensor([3 + 4j]))
        tensor([25.])
    """
    return values.real.square() + values.imag.square()


def check_odd(size: Sequence[int], name: str) -> None:
    """Refuse sizes without a middle pixel.

    Args:
        size: sizes in pixels.
        name: name of the argument that has these sizes.

    Raises:
        ValueError: If a size is even, not positive or not an integer.
    """
    numbers = int | Tensor  # a tracer's sizes are tensors
    is_odd = isinstance(size, Sequence) and all(isinstance(n, numbers) and n > 0 and n % 2 for n in size)
    if not (is_odd and size):
        raise ValueError(f"`{name}` must have odd sizes, so that it has a centre, got size {size!r}")


def _centre_to_zero(tensor: Tensor, axis: int, length: int) -> Tensor:
    """Zero-pad an axis of odd length, its middle moved to index 0 and what was before it to the end."""
    middle = tensor.shape[axis] // 2
    before, after = tensor.narrow(axis, 0, middle), tensor.narrow(axis, middle, middle + 1)
    gap = list(tensor.shape)
    gap[axis] = length - tensor.shape[axis]
    return torch.cat([after, tensor.new_zeros(gap), before], dim=axis)
