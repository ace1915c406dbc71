"""Receiver coils: their sensitivity maps, simulated or estimated, and linear combinations of coils."""

import math

import numpy as np
import torch
from jaxtyping import Complex
from torch import Tensor

from monai_blurvae.checks import check_integer
from monai_blurvae.extras import from_extra
from monai_blurvae.mri.centred_fourier import centre
from monai_blurvae.mri.masks import sampled_mask


def simulated_coil_maps(
    coils: int, size: tuple[int, int], radius: float = 1.5
) -> Complex[Tensor, "1 coils H W"]:
    """Simulate a ring of surface coils, sigpy's birdcage: a sum of squares of 1 at every pixel.

    Coil c stands at the angle 2 pi c / coils. It sees a pixel at distance r with sensitivity 1 / r, and with
    the phase of the direction in which the pixel lies. Needs the extra `mri`.

    Args:
        coils: number of coils, at least 1.
        size: (H, W) in pixels.
        radius: distance of the coils from the centre, in half edges of the image; above sqrt(2), so that
            every coil stands outside of the image.

    Returns:
        Maps S, complex64 (1, coils, H, W).

    Raises:
        ValueError: If there is no coil, no pixel, or a coil inside the image.
    """
    check_integer(1, coils=coils)
    for side in size:
        check_integer(1, size=side)
    if not math.sqrt(2) < radius < math.inf:
        raise ValueError(f"`radius` must be above sqrt(2), outside the image, got {radius}")
    maps = from_extra("sigpy.mri").birdcage_maps((coils, *size), r=radius)
    return torch.from_numpy(maps)[None].to(torch.complex64)


def espirit_maps(
    y: Tensor, calibration_width: int = 24, kernel_width: int = 6
) -> Complex[Tensor, "B coils H W"]:
    """Estimate coil maps from k-space by ESPIRiT, as sigpy computes it. Needs the extra `mri`.

    The sum of squares over coils is 1 where the largest eigenvalue exceeds 0.95. Elsewhere (background) all
    maps are 0. The phase of the first coil is 0 everywhere.

    Args:
        y: complex k-space, (B, coils, H, W), its centre fully sampled.
        calibration_width: edge of the calibration region about zero frequency, in samples.
        kernel_width: edge of the kernels, in samples.

    Returns:
        Maps, complex64 (B, coils, H, W).

    Raises:
        ValueError: If y is real, has another number of axes or fewer than 2 coils, or the calibration region
            does not fit, is smaller than a kernel, is not fully sampled, or shows no coils.

    References:
        Uecker et al., ESPIRiT, an eigenvalue approach to autocalibrating parallel MRI: where SENSE meets
        GRAPPA, Magnetic Resonance in Medicine 71, 2014.
    """
    if not y.is_complex() or y.ndim != 4 or y.shape[1] < 2 or len(y) == 0:
        raise ValueError(
            f"`y` must be complex (B, coils, H, W) of at least 2 coils, got {y.dtype} {tuple(y.shape)}"
        )
    height, width = y.shape[-2:]
    if not kernel_width <= calibration_width <= min(height, width):
        raise ValueError(
            f"`calibration_width` must be from `kernel_width`, {kernel_width}, to the smaller of "
            f"{(height, width)}, got {calibration_width}"
        )
    square = sampled_mask(y)[..., centre(height, calibration_width), centre(width, calibration_width)]
    if not bool(square.all()):
        raise ValueError(
            f"`y` must be fully sampled within `calibration_width` = {calibration_width} of its centre, got "
            f"{int((~square).sum())} of {square.numel()} samples missing; a smaller region may be"
        )
    calibration = from_extra("sigpy.mri.app").EspiritCalib
    maps = []
    for kspace in y.detach().cpu().to(torch.complex64).numpy():
        app = calibration(kspace, calibration_width, kernel_width=kernel_width, show_pbar=False)
        with np.errstate(invalid="ignore", divide="ignore"):  # a pixel that the first coil does not see
            maps.append(torch.from_numpy(np.nan_to_num(app.run())))
    found = torch.stack(maps).to(y.device, torch.complex64)
    nothing = int((found == 0).flatten(1).all(dim=1).sum())
    if nothing:
        raise ValueError(
            "`y` must show coils that see one object in its centre, got none found by ESPIRiT in "
            f"`calibration_width` = {calibration_width} of {nothing} images of {len(y)}: a larger region may "
            "show them, unless it is noise"
        )
    return found


def mix_coils(matrix: Tensor, values: Tensor) -> Tensor:
    """Combine coils: the new coil i is the sum over j of matrix[i, j] values[j].

    K-space, noise scans and coil maps have to be mixed alike, so that y = M F S x stays true.

    Args:
        matrix: complex, (new, coils), or (B, new, coils).
        values: complex, (B, coils, ...).

    Returns:
        Mixed values, (B, new, ...).

    Raises:
        ValueError: If the numbers of coils differ.
    """
    if matrix.shape[-1] != values.shape[1]:
        raise ValueError(f"`values` must have {matrix.shape[-1]} coils as `matrix`, got {values.shape[1]}")
    mixed: Tensor = matrix.to(values.dtype) @ values.flatten(2)
    return mixed.reshape(len(values), matrix.shape[-2], *values.shape[2:])


def compression_matrix(y: Tensor, coils: int) -> Complex[Tensor, "B virtual coils"]:
    """Find the virtual coils that keep most of the energy of k-space: its first left singular vectors.

    The rows are orthonormal, so white noise stays white. As many virtual coils as coils are a rotation.

    Args:
        y: complex k-space, (B, coils, ...); prewhitened, if the coils' noise differs.
        coils: number of virtual coils, from 1 to the number of coils.

    Returns:
        U^H of each image, for `mix_coils` of k-space and coil maps.

    Raises:
        ValueError: If the number of virtual coils is out of range.

    References:
        Buehrer, Pruessmann, Boesiger, Kozerke, Array compression for MRI with large coil arrays, Magnetic
        Resonance in Medicine 57, 2007.
    """
    check_integer(1, coils=coils)
    if coils > y.shape[1]:
        raise ValueError(f"`coils` must be from 1 to the number of coils, {y.shape[1]}, got {coils}")
    samples = y.flatten(2)
    _, vectors = torch.linalg.eigh(samples @ samples.mH)  # ascending eigenvalues
    matrix: Tensor = vectors.flip(-1)[..., :coils].mH
    return matrix
