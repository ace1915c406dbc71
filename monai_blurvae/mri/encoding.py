"""The encoding of images by a Cartesian multi-coil scanner: E x = M F S x."""

import torch
from torch import Tensor, nn

from monai_blurvae.mri.centred_fourier import SPATIAL, image_to_kspace, kspace_to_image


class CartesianEncoding(nn.Module):
    """Encode images as undersampled k-space of several coils: E x = M F S x.

    S multiplies by the coil maps, F is the centred orthonormal Fourier transform of each coil's image, and M
    keeps the sampled frequencies. Where the maps are normalised, sum over coils |S|^2 = 1, E keeps the norm
    of an image under a full mask, and no eigenvalue of E^H E exceeds 1. The methods refuse real values and
    other shapes than stated.

    Args:
        mask: which frequencies are sampled, zero frequency at (H // 2, W // 2): (H, W), or (B, 1, H, W) with
            B of 1 or the images' batch, of 0 and 1 or bool. Cartesian lines vary along the last axis.
        coil_maps: complex sensitivities S, (coils, H, W), or (B, coils, H, W) with B of 1 or the images'
            batch; None: one coil that sees all pixels alike.

    Raises:
        ValueError: If the mask or the maps have another shape, dtype or size than stated, hold values that
            are not finite (the maps) or neither 0 nor 1 (the mask), or are zero everywhere.

    References:
        Pruessmann, Weiger, Börnert, Boesiger, Advances in sensitivity encoding with arbitrary k-space
        trajectories, Magnetic Resonance in Medicine 46, 2001.

    Example:
        >>> x = torch.randn(1, 1, 4, 4, dtype=torch.complex64)
        >>> E = CartesianEncoding(torch.ones(4, 4))  # one coil, everything sampled
        >>> bool(torch.allclose(E.adjoint(E(x)), x, atol=1e-6))
        True
    """

    mask: Tensor
    coil_maps: Tensor
    _mask_from_zero: Tensor

    def __init__(self, mask: Tensor, coil_maps: Tensor | None = None) -> None:
        super().__init__()
        mask = checked_mask(mask)
        if coil_maps is None:
            coil_maps = torch.ones(1, 1, *mask.shape[-2:], dtype=torch.complex64, device=mask.device)
        coil_maps = _checked_coil_maps(coil_maps, mask)
        self.register_buffer("mask", mask.to(coil_maps.real.dtype))
        self.register_buffer("coil_maps", coil_maps)
        self.register_buffer("_mask_from_zero", torch.fft.ifftshift(self.mask, dim=SPATIAL), persistent=False)

    @property
    def image_size(self) -> tuple[int, int]:
        """The size (H, W) in pixels."""
        return self.mask.shape[-2], self.mask.shape[-1]

    @property
    def coils(self) -> int:
        """The number of coils."""
        return self.coil_maps.shape[1]

    @property
    def eigenvalue_bound(self) -> float:
        """The largest sum of squares of the maps over coils, which no eigenvalue of E^H E exceeds."""
        return self.coil_maps.abs().square().sum(dim=1).max().item()

    def forward(self, x: Tensor) -> Tensor:
        """Measure images: E x.

        Args:
            x: complex images, (B, 1, H, W), in the units of k-space.

        Returns:
            K-space, complex (B, coils, H, W), zero where it is not sampled.
        """
        self._check(x, 1, "x", "image")
        return self.mask * image_to_kspace(self.coil_maps * x)

    def adjoint(self, y: Tensor) -> Tensor:
        """Bring k-space back to images: E^H y = sum over coils conj(S) F^H M y.

        Args:
            y: complex k-space, (B, coils, H, W); what is not sampled is ignored.

        Returns:
            Complex images, (B, 1, H, W).
        """
        self._check(y, self.coils, "y", "k-space")
        return (self.coil_maps.conj() * kspace_to_image(self.mask * y)).sum(dim=1, keepdim=True)

    def normal(self, x: Tensor) -> Tensor:
        """Apply the normal operator E^H E to complex images, (B, 1, H, W).

        F^H M F is a circular convolution, which does not depend on shifts: it is computed without centring.

        Args:
            x: complex images, (B, 1, H, W).

        Returns:
            Complex images, (B, 1, H, W).
        """
        self._check(x, 1, "x", "image")
        spectrum = torch.fft.fft2(self.coil_maps * x, norm="ortho")
        convolved = torch.fft.ifft2(self._mask_from_zero * spectrum, norm="ortho")
        image: Tensor = (self.coil_maps.conj() * convolved).sum(dim=1, keepdim=True)
        return image

    def check_kspace(self, y: Tensor) -> None:
        """Refuse k-space that is real, of another shape, not finite, or zero at all sampled frequencies."""
        self._check(y, self.coils, "y", "k-space")
        if not bool(torch.isfinite(y).all()):
            raise ValueError(f"`y` must be finite, got {int((~torch.isfinite(y)).sum())} values that are not")
        empty = ~(y * self.mask != 0).flatten(1).any(dim=1)
        if bool(empty.any()):
            raise ValueError(
                f"`y` must hold k-space at the sampled frequencies of every image, got only zeros in "
                f"{int(empty.sum())} of {len(y)}"
            )

    def _check(self, values: Tensor, channels: int, name: str, what: str) -> None:
        # refuse real values, and shapes that would be broadcast
        check_tensor(**{name: values})
        if not values.is_complex():
            raise ValueError(f"`{name}` must be complex ({what} has a phase), got {values.dtype}")
        expected = (channels, *self.image_size)
        if values.ndim != 4 or tuple(values.shape[1:]) != expected:
            raise ValueError(
                f"`{name}` must be {what} of shape (B, {', '.join(map(str, expected))}) as the mask and the "
                f"coil maps have it, got {tuple(values.shape)}"
            )
        batch = max(len(self.mask), len(self.coil_maps))
        if batch > 1 and len(values) != batch:
            raise ValueError(
                f"`{name}` must have the batch of the mask and the coil maps, {batch}, got {len(values)}"
            )


def check_tensor(**values: object) -> None:
    """Refuse values, given by name, that are no tensors."""
    for name, value in values.items():
        if not isinstance(value, Tensor):
            raise ValueError(f"`{name}` must be a tensor, got {value!r}")


def checked_mask(mask: Tensor) -> Tensor:
    """Refuse a mask that is not (H, W) or (B, 1, H, W) of 0 and 1; give it four axes, bool."""
    check_tensor(mask=mask)
    if mask.ndim not in (2, 4) or (mask.ndim == 4 and mask.shape[1] != 1) or mask.numel() == 0:
        raise ValueError(f"`mask` must be (H, W) or (B, 1, H, W), got shape {tuple(mask.shape)}")
    if mask.is_complex():
        raise ValueError(f"`mask` must be real or bool, got {mask.dtype}")
    if not bool(((mask == 0) | (mask == 1)).all()):
        raise ValueError(f"`mask` must hold only 0 and 1, got values from {mask.min()} to {mask.max()}")
    mask = (mask != 0).reshape(-1, 1, *mask.shape[-2:])
    nothing = ~mask.flatten(1).any(dim=1)
    if bool(nothing.any()):
        raise ValueError(f"`mask` must sample something, got {int(nothing.sum())} of {len(mask)} all zero")
    return mask


def _checked_coil_maps(coil_maps: Tensor, mask: Tensor) -> Tensor:
    # coil maps for a mask of (B or 1, 1, H, W), with four axes
    check_tensor(coil_maps=coil_maps)
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
