"""Reconstruction with an L1 norm of wavelet coefficients, as sigpy computes it."""

import torch
from sigpy.mri.app import L1WaveletRecon
from torch import Tensor

from monai_blurvae.mri.encoding import CartesianEncoding
from monai_blurvae.mri.signal_scale import signal_scale


@torch.no_grad()
def l1_wavelet(
    y: Tensor,
    encoding: CartesianEncoding,
    weight: float,
    iterations: int = 200,
    wavelet: str = "db4",
) -> Tensor:
    """Minimise 1/2 ||E x - y||^2 + weight s ||W x||_1, W a decimated wavelet transform, s the signal's scale.

    s is the 99.5th percentile of |E^H y| (`signal_scale`): the problem is the one of the k-space y / s, whose
    image is about 1 where it is brightest, so a weight carries over between images and does not depend on the
    units. Accelerated proximal gradient steps from E^H y, on the CPU, one image after the other; all
    coefficients count, the coarsest too.

    Args:
        y: complex k-space, (B, coils, H, W).
        encoding: E.
        weight: weight of the L1 norm, without unit, at least 0.
        iterations: accelerated proximal gradient steps.
        wavelet: PyWavelets' name of an orthogonal wavelet.

    Returns:
        Complex images, (B, 1, H, W), in the units of k-space.

    Raises:
        ValueError: If the k-space does not fit the encoding, or the weight is negative.

    References:
        Lustig, Donoho, Pauly, Sparse MRI: the application of compressed sensing for rapid MR imaging,
        Magnetic Resonance in Medicine 58, 2007.
    """
    if weight < 0:
        raise ValueError(f"`weight` must not be negative, got {weight}")
    encoding.check_kspace(y)
    start = encoding.adjoint(y)
    scale = signal_scale(start)
    batch = len(y)
    items = zip(
        (y / scale).cpu().numpy(),
        encoding.coil_maps.expand(batch, -1, -1, -1).cpu().numpy(),
        encoding.mask.expand(batch, -1, -1, -1)[:, 0].cpu().numpy(),
        (start / scale)[:, 0].cpu().numpy(),
        strict=True,
    )
    images = [
        L1WaveletRecon(
            kspace,
            maps,
            weight,
            weights=mask,
            x=x,
            wave_name=wavelet,
            alpha=1 / encoding.eigenvalue_bound,
            max_iter=iterations,
            show_pbar=False,
        ).run()
        for kspace, maps, mask, x in items
    ]
    return torch.stack([torch.from_numpy(image) for image in images])[:, None].to(y.device, y.dtype) * scale
