"""Reconstructions without a prior: zero-filled, and SENSE by conjugate gradients."""

import torch
from torch import Tensor

from monai_blurvae.mri.conjugate_gradient import conjugate_gradient
from monai_blurvae.mri.encoding import CartesianEncoding

START_WEIGHT = 1e-3
"""Ridge of the SENSE image from which other methods take their start, intensity range and phase."""


def zero_filled(y: Tensor, encoding: CartesianEncoding, weight: float = 0.0) -> Tensor:
    """Take what was not sampled to be zero: E^H y.

    Args:
        y: complex k-space, (B, coils, H, W).
        encoding: E.
        weight: 0, since there is nothing to weigh; here so that every method is called alike.

    Returns:
        Complex images, (B, 1, H, W), in the units of k-space.

    Raises:
        ValueError: If the k-space does not fit the encoding, or the weight is not 0.
    """
    if weight != 0:
        raise ValueError(f"`weight` must be 0, zero-filling weighs nothing, got {weight}")
    encoding.check_kspace(y)
    return encoding.adjoint(y)


def cg_sense(
    y: Tensor,
    encoding: CartesianEncoding,
    weight: float = 0.0,
    iterations: int = 50,
    tolerance: float = 1e-5,
) -> Tensor:
    """Minimise 1/2 ||E x - y||^2 + weight / 2 ||x||^2 by conjugate gradients.

    The problem scales with y, and E's singular values do not exceed 1 where the coil maps are normalised, so
    a weight has the same effect on every image; few iterations regularise too. With one coil and no weight it
    is the zero-filled image.

    Args:
        y: complex k-space, (B, coils, H, W).
        encoding: E.
        weight: weight of the squared norm, without unit, at least 0.
        iterations: the most steps of conjugate gradients.
        tolerance: relative residual at which an image is done.

    Returns:
        Complex images, (B, 1, H, W), in the units of k-space.

    Raises:
        ValueError: If the k-space does not fit the encoding, or the weight is negative.

    References:
        Pruessmann, Weiger, Börnert, Boesiger, Advances in sensitivity encoding with arbitrary k-space
        trajectories, Magnetic Resonance in Medicine 46, 2001.
    """
    if weight < 0:
        raise ValueError(f"`weight` must not be negative, got {weight}")
    encoding.check_kspace(y)
    return conjugate_gradient(
        lambda x: encoding.normal(x) + weight * x,
        encoding.adjoint(y),
        iterations=iterations,
        tolerance=tolerance,
    )


def first_image(
    y: Tensor, encoding: CartesianEncoding, start: Tensor | None, precision: torch.dtype
) -> Tensor:
    """Take the image that a solver is told to start from, or that of SENSE.

    Args:
        y: complex k-space, (B, coils, H, W).
        encoding: E.
        start: complex images, (B, 1, H, W), or None.
        precision: real data type that the prior computes in.

    Returns:
        Complex images, (B, 1, H, W), in the units of k-space.

    Raises:
        ValueError: If the k-space does not fit the encoding, the start is real, of another shape, zero or not
            finite, or something has more precision than the prior.
    """
    encoding.check_kspace(y)
    wanted = precision.to_complex()
    for name, tensor in (("y", y), ("coil_maps", encoding.coil_maps), ("start", start)):
        if tensor is not None and torch.promote_types(tensor.dtype, wanted) != wanted:
            raise ValueError(
                f"`{name}` must not be more precise than the prior, {wanted}, got {tensor.dtype}: "
                f"give `{name}.to({wanted})`"
            )
    if start is None:
        return cg_sense(y, encoding, START_WEIGHT)
    expected = (len(y), 1, *encoding.image_size)
    if not start.is_complex() or tuple(start.shape) != expected:
        raise ValueError(
            f"`start` must be complex, of shape {expected}, got {start.dtype} of {tuple(start.shape)}"
        )
    if not bool(start.isfinite().all()) or not bool(start.flatten(1).any(dim=1).all()):
        raise ValueError("`start` must be finite and not zero, got NaN, infinity or an image of zeros")
    return start
