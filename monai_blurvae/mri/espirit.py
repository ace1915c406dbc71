"""Coil maps from the k-space itself: ESPIRiT, as sigpy computes it."""

import numpy as np
import torch
from jaxtyping import Complex
from sigpy.mri.app import EspiritCalib
from torch import Tensor

from monai_blurvae.mri.masks import sampled_mask


def espirit_maps(
    y: Tensor,
    calibration_width: int = 24,
    kernel_width: int = 6,
    threshold: float = 0.02,
    crop: float = 0.95,
    iterations: int = 100,
) -> Complex[Tensor, "B coils H W"]:
    """Estimate coil maps by ESPIRiT: eigenvectors of what the calibration region's row space allows.

    The sum of squares over coils is 1 where the largest eigenvalue exceeds `crop`, and all maps are 0
    elsewhere (background). The first coil's phase is taken as 0 everywhere.

    Args:
        y: complex k-space, (B, coils, H, W), its centre fully sampled.
        calibration_width: edge of the calibration region about zero frequency, in samples.
        kernel_width: edge of the kernels, in samples.
        threshold: singular values below this share of the largest belong to the null space.
        crop: the eigenvalue, at most 1, above which a pixel has signal.
        iterations: steps of the power method.

    Returns:
        Maps, complex64 (B, coils, H, W).

    Raises:
        ValueError: If y is real, has another number of axes or fewer than 2 coils, or the calibration region
            does not fit, is smaller than a kernel, or is not fully sampled.

    References:
        Uecker et al., ESPIRiT, an eigenvalue approach to autocalibrating parallel MRI: where SENSE meets
        GRAPPA, Magnetic Resonance in Medicine 71, 2014.
    """
    if not y.is_complex() or y.ndim != 4 or y.shape[1] < 2:
        raise ValueError(
            f"`y` must be complex (B, coils, H, W) of at least 2 coils, got {y.dtype} {tuple(y.shape)}"
        )
    size = y.shape[-2:]
    if not kernel_width <= calibration_width <= min(size):
        raise ValueError(
            f"`calibration_width` must be from `kernel_width`, {kernel_width}, to the smaller of "
            f"{tuple(size)}, got {calibration_width}"
        )
    rows, columns = (
        slice(n // 2 - calibration_width // 2, n // 2 - calibration_width // 2 + calibration_width)
        for n in size
    )
    centre = sampled_mask(y)[..., rows, columns]
    if not bool(centre.all()):
        raise ValueError(
            f"`y` must be fully sampled within `calibration_width` = {calibration_width} of its centre, got "
            f"{int((~centre).sum())} of {centre.numel()} samples missing; a smaller region may be"
        )
    maps = []
    for kspace in y.detach().cpu().to(torch.complex64).numpy():
        app = EspiritCalib(
            kspace,
            calib_width=calibration_width,
            thresh=threshold,
            kernel_width=kernel_width,
            crop=crop,
            max_iter=iterations,
            show_pbar=False,
        )
        with np.errstate(invalid="ignore", divide="ignore"):  # a pixel that the first coil does not see
            maps.append(torch.from_numpy(np.nan_to_num(app.run())))
    return torch.stack(maps).to(y.device, torch.complex64)
