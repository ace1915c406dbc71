"""Samples held back from a reconstruction, to judge it where no reference exists."""

import torch
from torch import Tensor

from monai_blurvae.mri.encoding import CartesianEncoding
from monai_blurvae.mri.mri_checks import checked_mask


def hold_back(mask: Tensor, share: float = 0.1, centre: int = 24, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Divide what was sampled into what a reconstruction sees and a random share that it does not.

    Args:
        mask: what was sampled, (H, W) or (B, 1, H, W), of 0 and 1 or bool.
        share: share of the samples outside of the centre to hold back, above 0 and below 1.
        centre: edge of the square about zero frequency that is never held back, in samples.
        seed: seed of the drawing.

    Returns:
        Masks of what is seen and of what is held back, bool (B, 1, H, W).

    Raises:
        ValueError: If the share is out of range or nothing is held back.

    Example:
        >>> seen, held = hold_back(torch.ones(32, 32), share=0.5, centre=8)
        >>> bool((seen ^ held).all())
        True
    """
    if not 0 < share < 1:
        raise ValueError(f"`share` must be above 0 and below 1, got {share}")
    sampled = checked_mask(mask).cpu()
    candidates = sampled.clone()
    rows, columns = (
        slice(max(n // 2 - centre // 2, 0), n // 2 - centre // 2 + centre) for n in sampled.shape[-2:]
    )
    candidates[..., rows, columns] = False
    held = candidates & (torch.rand(sampled.shape, generator=torch.Generator().manual_seed(seed)) < share)
    if not bool(held.any()):
        raise ValueError(
            f"`mask` must have samples outside of the `centre` to hold back, got {int(candidates.sum())}"
        )
    return (sampled & ~held).to(mask.device), held.to(mask.device)


def held_back_residual(x: Tensor, y: Tensor, encoding: CartesianEncoding) -> Tensor:
    """Compute 100 ||E x - y|| / ||y|| over the samples that were held back.

    Args:
        x: complex images reconstructed without them, (B, 1, H, W).
        y: complex k-space, (B, coils, H, W).
        encoding: E with the mask of what was held back.

    Returns:
        Residuals in percent, (B,).

    Raises:
        ValueError: If the k-space does not fit the encoding, or is zero where it was held back.

    Example:
        >>> E = CartesianEncoding(torch.ones(4, 4))
        >>> x = torch.ones(1, 1, 4, 4, dtype=torch.complex64)
        >>> held_back_residual(0 * x, E(x), E)
        tensor([100.])
    """
    encoding.check_kspace(y)
    measured = (y * encoding.mask).flatten(1)
    residual: Tensor = 100 * (encoding(x).flatten(1) - measured).norm(dim=1) / measured.norm(dim=1)
    return residual
