"""What masks and coil maps have to be, refused with reasons."""

import torch
from torch import Tensor


def checked_mask(mask: Tensor) -> Tensor:
    """Give a sampling mask its four axes.

    Args:
        mask: (H, W) or (B, 1, H, W), bool, or real or integer of 0 and 1.

    Returns:
        The mask, bool (B or 1, 1, H, W).

    Raises:
        ValueError: If it has another shape, is complex, has other values than 0 and 1, or samples nothing.

    Example:
        >>> checked_mask(torch.ones(2, 3)).shape
        torch.Size([1, 1, 2, 3])
    """
    if mask.ndim not in (2, 4) or (mask.ndim == 4 and mask.shape[1] != 1) or mask.numel() == 0:
        raise ValueError(f"`mask` must be (H, W) or (B, 1, H, W), got shape {tuple(mask.shape)}")
    if mask.is_complex():
        raise ValueError(f"`mask` must be real or bool, got {mask.dtype}")
    if not bool(((mask == 0) | (mask == 1)).all()):
        raise ValueError(f"`mask` must hold 0 and 1 alone, got values from {mask.min()} to {mask.max()}")
    mask = (mask != 0).reshape(-1, 1, *mask.shape[-2:])
    nothing = ~mask.flatten(1).any(dim=1)
    if bool(nothing.any()):
        raise ValueError(f"`mask` must sample something, got {int(nothing.sum())} of {len(mask)} all zero")
    return mask


def checked_coil_maps(coil_maps: Tensor, mask: Tensor) -> Tensor:
    """Give coil maps their four axes.

    Args:
        coil_maps: complex sensitivities, (coils, H, W) or (B, coils, H, W).
        mask: the mask that goes with them, (B or 1, 1, H, W).

    Returns:
        The maps, (B or 1, coils, H, W).

    Raises:
        ValueError: If they are real, have another shape or size than the mask, are not finite, or all zero.

    Example:
        >>> maps = torch.ones(8, 2, 3, dtype=torch.complex64)
        >>> checked_coil_maps(maps, torch.ones(1, 1, 2, 3)).shape
        torch.Size([1, 8, 2, 3])
    """
    if not coil_maps.is_complex():
        raise ValueError(f"`coil_maps` must be complex, got {coil_maps.dtype}")
    if coil_maps.ndim not in (3, 4) or coil_maps.numel() == 0:
        raise ValueError(
            f"`coil_maps` must be (coils, H, W) or (B, coils, H, W), got shape {tuple(coil_maps.shape)}"
        )
    if coil_maps.shape[-2:] != mask.shape[-2:]:
        raise ValueError(
            f"`coil_maps` must have the size of `mask`, {tuple(mask.shape[-2:])}, "
            f"got {tuple(coil_maps.shape[-2:])}"
        )
    if not bool(torch.isfinite(coil_maps).all()):
        raise ValueError(
            f"`coil_maps` must be finite, got {int((~torch.isfinite(coil_maps)).sum())} values that are not"
        )
    if not bool((coil_maps != 0).any()):
        raise ValueError(f"`coil_maps` must see something, got all zero, shape {tuple(coil_maps.shape)}")
    coil_maps = coil_maps if coil_maps.ndim == 4 else coil_maps[None]
    if len(coil_maps) != len(mask) and 1 not in (len(coil_maps), len(mask)):
        raise ValueError(
            f"`coil_maps` must have the batch of `mask`, {len(mask)}, or a batch of 1, got {len(coil_maps)}"
        )
    return coil_maps
