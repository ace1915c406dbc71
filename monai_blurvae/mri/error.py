"""Reconstruction errors in percent, against a reference and against samples that were held back."""

from torch import Tensor

from monai_blurvae.mri.encoding import CartesianEncoding
from monai_blurvae.shapes import PerImage


def nrmse(x_hat: Tensor, x: Tensor) -> PerImage:
    """Compute 100 sqrt(sum (|x_hat| - |x|)^2 / sum |x|^2), x_hat first scaled to the norm of x.

    Phase and overall brightness do not matter.

    Args:
        x_hat: reconstructions, real or complex, (B, ...).
        x: references, of the same shape.

    Returns:
        Errors in percent, (B,).

    Raises:
        ValueError: If the shapes differ or a reference is zero everywhere.
    """
    if x_hat.shape != x.shape:
        raise ValueError(f"`x_hat` must have the shape of `x`, {tuple(x.shape)}, got {tuple(x_hat.shape)}")
    estimate, reference = x_hat.abs().flatten(1), x.abs().flatten(1)
    norm, estimate_norm = reference.norm(dim=1, keepdim=True), estimate.norm(dim=1, keepdim=True)
    if bool((norm == 0).any()):
        raise ValueError(f"`x` must hold signal, got {int((norm == 0).sum())} of {len(x)} images all zero")
    scaled = estimate * (norm / estimate_norm.where(estimate_norm > 0, 1))
    error: Tensor = 100 * (scaled - reference).norm(dim=1) / norm[:, 0]
    return error


def held_back_residual(x: Tensor, y: Tensor, encoding: CartesianEncoding) -> PerImage:
    """Compute 100 ||E x - y|| / ||y|| over the samples of E.

    With the mask of the samples that `hold_back` set aside it judges a reconstruction without a reference.

    Args:
        x: complex images, (B, 1, H, W).
        y: complex k-space, (B, coils, H, W).
        encoding: E, with the mask of the samples that count.

    Returns:
        Residuals in percent, (B,).
    """
    encoding.check_kspace(y)
    measured = (y * encoding.mask).flatten(1)
    residual: Tensor = 100 * (encoding(x).flatten(1) - measured).norm(dim=1) / measured.norm(dim=1)
    return residual
