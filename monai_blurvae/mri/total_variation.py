"""Reconstruction with isotropic total variation, by accelerated proximal gradient steps."""

import torch
from torch import Tensor

from monai_blurvae.mri.encoding import CartesianEncoding
from monai_blurvae.mri.phase import smooth_phase
from monai_blurvae.mri.sense import START_WEIGHT, cg_sense
from monai_blurvae.mri.signal_scale import signal_scale


@torch.no_grad()
def total_variation(
    y: Tensor,
    encoding: CartesianEncoding,
    weight: float,
    iterations: int = 200,
    inner_iterations: int = 10,
    phase_width: float | None = None,
) -> Tensor:
    """Minimise 1/2 ||E x - y||^2 + weight s sum over pixels of |D x|, s the signal's scale.

    D x are the differences of a pixel to its two neighbours, zero over the edge, and |D x| the root of the
    sum of their squared moduli. s is the 99.5th percentile of |E^H y| (`signal_scale`): the problem is that
    of the k-space y / s, whose image is about 1 where it is brightest, so a weight carries over between
    images and does not depend on the units. Steps start from E^H y.

    With `phase_width` x is held to the phase of the low-pass filtered SENSE image, x = exp(i phi) a with real
    a, and D acts on a: what is known of the phase halves the unknowns, as it does for the trained priors.

    Args:
        y: complex k-space, (B, coils, H, W).
        encoding: E.
        weight: weight of the total variation, without unit, at least 0.
        iterations: accelerated proximal gradient steps.
        inner_iterations: steps to the proximal point in each; the dual variable is kept from one to the next,
            but with fewer than about 10 the outer steps stall before they converge.
        phase_width: standard deviation of the low-pass filter in samples of k-space; None: the phase is free.

    Returns:
        Complex images, (B, 1, H, W), in the units of k-space.

    Raises:
        ValueError: If the k-space does not fit the encoding, the weight is negative or a number of steps not
            positive.

    References:
        Block, Uecker, Frahm, Undersampled radial MRI with multiple coils: iterative image reconstruction
        using a total variation constraint, Magnetic Resonance in Medicine 57, 2007.
        Beck, Teboulle, Fast gradient-based algorithms for constrained total variation image denoising and
        deblurring problems, IEEE Transactions on Image Processing 18, 2009.
    """
    if weight < 0:
        raise ValueError(f"`weight` must not be negative, got {weight}")
    if min(iterations, inner_iterations) < 1:
        raise ValueError(
            f"`iterations` and `inner_iterations` must be positive, got {iterations} and {inner_iterations}"
        )
    encoding.check_kspace(y)
    adjoint = encoding.adjoint(y)
    scale = signal_scale(adjoint)
    adjoint, step = adjoint / scale, 1 / encoding.eigenvalue_bound
    rotation = torch.ones_like(adjoint)
    if phase_width is not None:
        rotation = torch.exp(1j * smooth_phase(cg_sense(y, encoding, START_WEIGHT), phase_width))
    adjoint = turned(adjoint, rotation, phase_width is not None)
    x = point = adjoint
    dual = torch.zeros(2, *x.shape, dtype=x.dtype, device=x.device)
    momentum = 1.0
    for _ in range(iterations):
        gradient = turned(encoding.normal(rotation * point), rotation, phase_width is not None) - adjoint
        new, dual = total_variation_prox(point - step * gradient, step * weight, dual, inner_iterations)
        new_momentum = (1 + (1 + 4 * momentum**2) ** 0.5) / 2
        point = new + (momentum - 1) / new_momentum * (new - x)
        x, momentum = new, new_momentum
    return x * rotation * scale


def turned(x: Tensor, rotation: Tensor, real: bool) -> Tensor:
    """Turn images back by a phase: the adjoint of a -> rotation a.

    Args:
        x: complex images, (B, 1, H, W).
        rotation: exp(i phi), (B, 1, H, W).
        real: whether a is real.

    Returns:
        a, (B, 1, H, W), complex, or real where `real`.
    """
    a = rotation.conj() * x
    return a.real if real else a


def total_variation_prox(v: Tensor, weight: float, dual: Tensor, iterations: int) -> tuple[Tensor, Tensor]:
    """Minimise 1/2 ||x - v||^2 + weight sum |D x| by its dual: x = v - D^T p, |p| <= weight at each pixel.

    Args:
        v: complex images, (B, 1, H, W).
        weight: weight of the total variation, in the units of v.
        dual: p to start from, (2, B, 1, H, W).
        iterations: accelerated projected gradient steps.

    Returns:
        x, (B, 1, H, W), and p, (2, B, 1, H, W).
    """
    point, momentum = dual, 1.0
    for _ in range(iterations):
        step = point + differences(v - differences_adjoint(point)) / 8  # |D|^2 is at most 8
        length = (step.conj() * step).real.sum(dim=0).sqrt()
        new = step * (weight / length.clamp_min(max(weight, torch.finfo(length.dtype).tiny)))
        new_momentum = (1 + (1 + 4 * momentum**2) ** 0.5) / 2
        point = new + (momentum - 1) / new_momentum * (new - dual)
        dual, momentum = new, new_momentum
    return v - differences_adjoint(dual), dual


def differences(x: Tensor) -> Tensor:
    """Compute D x: differences to the next pixel along H and along W, zero for the last.

    Args:
        x: images, (B, 1, H, W).

    Returns:
        Differences, (2, B, 1, H, W).

    Example:
        >>> differences(torch.tensor([[1.0, 3.0], [1.0, 4.0]])[None, None])[1]
        tensor([[[[2., 0.],
                  [3., 0.]]]])
    """
    result = x.new_zeros(2, *x.shape)
    result[0, :, :, :-1] = x[:, :, 1:] - x[:, :, :-1]
    result[1, ..., :-1] = x[..., 1:] - x[..., :-1]
    return result


def differences_adjoint(p: Tensor) -> Tensor:
    """Compute D^T p, the negative divergence.

    Args:
        p: (2, B, 1, H, W).

    Returns:
        Images, (B, 1, H, W).
    """
    result = torch.zeros_like(p[0])
    result[:, :, 1:] += p[0, :, :, :-1]
    result[:, :, :-1] -= p[0, :, :, :-1]
    result[..., 1:] += p[1, ..., :-1]
    result[..., :-1] -= p[1, ..., :-1]
    return result
