"""The noise of k-space: its covariance between coils, prewhitening, and noise of a stated level."""

import torch
from jaxtyping import Complex
from torch import Tensor

from monai_blurvae.mri.coil_mixing import mix_coils


def noise_covariance(noise: Tensor) -> Complex[Tensor, "coils coils"]:
    """Estimate the covariance of the coils' noise from a scan without signal: E[n n^H] about the mean.

    Args:
        noise: complex noise scan, (coils, ...), with more samples than coils.

    Returns:
        Covariance, Hermitian, in squared units of k-space.

    Raises:
        ValueError: If the noise is real, not finite, or has too few samples.

    Example:
        >>> noise_covariance(torch.tensor([[1j, -1j, 1.0, -1.0]])).real  # one coil; the mean takes one sample
        tensor([[1.3333]])
    """
    if not noise.is_complex():
        raise ValueError(f"`noise` must be complex, got {noise.dtype}")
    if not bool(torch.isfinite(noise).all()):
        raise ValueError(
            f"`noise` must be finite, got {int((~torch.isfinite(noise)).sum())} values that are not"
        )
    coils, samples = len(noise), noise[0].numel()
    if samples <= coils:
        raise ValueError(f"`noise` must have more samples than its {coils} coils, got {samples}")
    return torch.cov(noise.flatten(1)).reshape(coils, coils)


def prewhiten(y: Tensor, covariance: Tensor) -> Tensor:
    """Mix coils so that their noise is white and has variance 1: L^-1 y, where L L^H is the covariance.

    The coil maps have to be prewhitened too (or estimated from prewhitened k-space).

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
    if tuple(covariance.shape) != (coils, coils):
        raise ValueError(
            f"`covariance` must be ({coils}, {coils}) for the coils of `y`, got {tuple(covariance.shape)}"
        )
    L, failed = torch.linalg.cholesky_ex(covariance)
    if bool(failed) or not torch.allclose(covariance, covariance.mH, rtol=1e-3, atol=0):
        lowest = torch.linalg.eigvalsh(covariance).min()
        raise ValueError(
            f"`covariance` must be Hermitian and positive definite, got lowest eigenvalue {lowest:.3g}"
        )
    identity = torch.eye(coils, dtype=L.dtype, device=L.device)
    return mix_coils(torch.linalg.solve_triangular(L, identity, upper=False), y)


def noise_std(signal: Tensor, decibel: float) -> Tensor:
    """Compute the standard deviation of noise that lies so far below the rms signal: rms 10^(-decibel / 20).

    Of fully sampled k-space, so that the level does not depend on the mask; the transform is orthonormal, so
    the rms is the same in k-space and in the coils' images.

    Args:
        signal: complex k-space, all of it sampled, (B, coils, H, W).
        decibel: how far below, in dB.

    Returns:
        Standard deviations, sqrt(E|n|^2), in the units of k-space, (B, 1, 1, 1).

    Example:
        >>> noise_std(torch.full((1, 1, 2, 2), 10j), decibel=20).item()
        1.0
    """
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
        ValueError: If `like` is real.

    Example:
        >>> y = torch.zeros(1, 8, 16, 16, dtype=torch.complex64)
        >>> complex_noise(y, 0.5).shape
        torch.Size([1, 8, 16, 16])
    """
    if not like.is_complex():
        raise ValueError(f"`like` must be complex, got {like.dtype}")
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(like.shape, dtype=like.dtype, generator=generator).to(like.device) * std
