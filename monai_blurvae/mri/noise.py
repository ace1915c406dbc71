"""The noise of k-space: its covariance and its level, prewhitening, and noise of a stated level."""

import math

import torch
from jaxtyping import Complex
from torch import Tensor

from monai_blurvae.checks import check_in
from monai_blurvae.extras import from_extra

EDGE = 0.05
"""Share of the sampled frequencies, those farthest from zero, from which the noise is estimated."""


def noise_covariance(noise: Tensor) -> Complex[Tensor, "coils coils"]:
    """Estimate the covariance of the coils' noise from a scan without signal: E[n n^H] about the mean.

    Args:
        noise: complex noise scan, (coils, ...), with more samples than coils.

    Returns:
        Covariance, Hermitian, (coils, coils), in squared units of k-space.

    Raises:
        ValueError: If the noise is real, not finite, or has too few samples.
    """
    if not noise.is_complex() or noise.ndim < 2 or noise.numel() == 0:
        raise ValueError(f"`noise` must be complex (coils, ...), got {noise.dtype} of {tuple(noise.shape)}")
    if not bool(torch.isfinite(noise).all()):
        raise ValueError(
            f"`noise` must be finite, got {int((~torch.isfinite(noise)).sum())} values that are not"
        )
    coils, samples = len(noise), noise[0].numel()
    if samples <= coils:
        raise ValueError(f"`noise` must have more samples than its {coils} coils, got {samples}")
    return torch.cov(noise.flatten(1)).reshape(coils, coils)


def prewhiten(y: Tensor, covariance: Tensor) -> Tensor:
    """Mix coils so that their noise is white, of variance 1: L^-1 y, where L L^H is the covariance.

    sigpy computes it: this needs the extra `mri`. The coil maps have to be prewhitened too (or
    estimated from prewhitened k-space).

    Args:
        y: complex k-space or coil maps, (B, coils, ...).
        covariance: of the coils' noise, (coils, coils), Hermitian and positive definite.

    Returns:
        The same of white virtual coils, (B, coils, ...): k-space in units of the noise's standard deviation.

    Raises:
        ValueError: If the covariance has another size or is not Hermitian and positive definite.

    References:
        Pruessmann, Weiger, Börnert, Boesiger, Advances in sensitivity encoding with arbitrary k-space
        trajectories, Magnetic Resonance in Medicine 46, 2001.
    """
    coils = y.shape[1]
    if y.numel() == 0:
        raise ValueError(f"`y` must hold at least one image, got shape {tuple(y.shape)}")
    if not bool(torch.isfinite(covariance).all()):
        raise ValueError(f"`covariance` must be finite, got {covariance.tolist()}")
    if tuple(covariance.shape) != (coils, coils):
        raise ValueError(
            f"`covariance` must be ({coils}, {coils}) for the coils of `y`, got {tuple(covariance.shape)}"
        )
    _, failed = torch.linalg.cholesky_ex(covariance)
    if bool(failed) or not torch.allclose(covariance, covariance.mH, rtol=1e-3, atol=0):
        lowest = torch.linalg.eigvalsh(covariance).min()
        raise ValueError(
            f"`covariance` must be Hermitian and positive definite, got lowest eigenvalue {lowest:.3g}"
        )
    whiten, mixing = from_extra("sigpy.mri").whiten, covariance.cpu().numpy()
    return torch.stack([torch.from_numpy(whiten(one, mixing)) for one in y.cpu().numpy()]).to(y)


def noise_std(signal: Tensor, decibel: float) -> Tensor:
    """Compute the standard deviation of noise at a level below the rms signal: rms 10^(-decibel / 20).

    The rms is that of fully sampled k-space, so that the level does not depend on the mask. It is the same in
    k-space and in the coils' images, since the transform is orthonormal.

    Args:
        signal: complex k-space, all of it sampled, (B, coils, H, W).
        decibel: how far below, in dB.

    Returns:
        Standard deviations, sqrt(E|n|^2), in the units of k-space, (B, 1, 1, 1).
    """
    check_in("(-inf, inf)", decibel=decibel)
    rms = signal.abs().square().flatten(1).mean(dim=1).sqrt()
    return (rms * 10 ** (-decibel / 20))[:, None, None, None]


def complex_noise(like: Tensor, std: float | Tensor, seed: int = 0) -> Tensor:
    """Draw white circular complex Gaussian noise.

    Args:
        like: complex values whose shape, dtype and device the noise takes.
        std: standard deviation sqrt(E|n|^2): real and imaginary part have std / sqrt(2) each.
        seed: seed of the drawing, the same on every device.

    Returns:
        Noise, of the shape of `like`.

    Raises:
        ValueError: If `like` is real, or the standard deviation is negative or not finite.
    """
    if not like.is_complex():
        raise ValueError(f"`like` must be complex, got {like.dtype}")
    level = torch.as_tensor(std)
    if not bool(((level >= 0) & (level < math.inf)).all()):
        raise ValueError(f"`std` must be finite and not negative, got {level.tolist()}")
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(like.shape, dtype=like.dtype, generator=generator).to(like.device) * std


def edge_noise_std(y: Tensor, mask: Tensor) -> float:
    """Estimate the noise's standard deviation from the sampled frequencies that are farthest from zero.

    The signal of an image falls off towards high frequencies, noise does not. There the median of |y| is that
    of the noise, sigma sqrt(ln 2). Signal that is left makes the estimate too large, never too small.

    Args:
        y: complex k-space, (B, coils, H, W), the same noise level in all coils.
        mask: which frequencies are sampled, (B or 1, 1, H, W).

    Returns:
        sigma = sqrt(E|n|^2), in the units of k-space.

    Raises:
        ValueError: If nothing is sampled.
    """
    sampled = (mask != 0).expand(len(y), 1, *y.shape[-2:])
    count = int(sampled.sum())
    if count == 0:
        raise ValueError(f"`mask` must sample something, got all zero, shape {tuple(mask.shape)}")
    rows, columns = (
        (torch.arange(n, dtype=torch.float64, device=y.device) - n // 2) / (n / 2) for n in y.shape[-2:]
    )
    distance = torch.hypot(rows[:, None], columns[None, :]).where(sampled, -1)
    nearest = distance.flatten().topk(max(1, round(EDGE * count))).values.min()
    farthest = (distance >= nearest).expand_as(y)
    return float(y[farthest].abs().median()) / math.sqrt(math.log(2))
