"""SSIM: structural similarity as a reconstruction term."""

import torch
from torch import Tensor

from monai_blurvae.losses.base import ReconstructionLoss, check_same_shape
from monai_blurvae.shapes import Code, Image, PerImage

WINDOW = 11
"""Edge length in pixels of the Gaussian window (sigma 1.5 pixels) that similarity is judged in."""


class SSIMLoss(ReconstructionLoss):
    """D (1 - SSIM) / 2, with MONAI's SSIM of the images on [0, 1].

    SSIM is the mean over all positions where the window lies within the image, so pixels near the border
    count less. It is computed in float32. It is not a likelihood and has no bits per dimension.

    (1 - SSIM) / 2 is between 0 and 1. Multiplied by the number of values D it becomes a sum over the image,
    as the other terms are.

    Args:
        spatial_dims: 2 or 3.
        reduction: "mean" or "sum" over the images of a batch, or "none".

    Raises:
        ValueError: If `spatial_dims` is neither 2 nor 3.

    References:
        Wang, Bovik, Sheikh, Simoncelli, Image quality assessment: from error visibility to structural
        similarity, IEEE Transactions on Image Processing 13(4), 2004.

    Example:
        >>> x = torch.rand(2, 1, 12, 12)
        >>> SSIMLoss()(x, x)
        tensor(0.)
    """

    def __init__(self, spatial_dims: int = 2, reduction: str = "mean") -> None:
        from monai.losses import SSIMLoss as MonaiSSIMLoss

        super().__init__(reduction)
        if spatial_dims not in {2, 3}:
            raise ValueError(f"`spatial_dims` must be 2 or 3, got {spatial_dims}")
        self.spatial_dims = spatial_dims
        self.dissimilarity = MonaiSSIMLoss(spatial_dims, data_range=1.0, win_size=WINDOW, reduction="none")

    def per_image(self, input: Image, target: Image, z: Code | None = None) -> PerImage:
        """Compare reconstructions with images.

        Args:
            input: reconstructions, (B, ch, *size) in [-1, 1], every size at least 11.
            target: images, (B, ch, *size) in [-1, 1].
            z: ignored.

        Returns:
            D (1 - SSIM) / 2, (B,), float32.

        Raises:
            ValueError: If the images have another number of axes, or are smaller than the window.
        """
        del z
        check_same_shape(input, target)
        size = tuple(target.shape[2:])
        if len(size) != self.spatial_dims or min(size) < WINDOW:
            raise ValueError(
                f"`target` must have {self.spatial_dims} spatial axes of at least {WINDOW} pixels, got {size}"
            )
        with torch.autocast(target.device.type, enabled=False):
            dissimilarity: Tensor = self.dissimilarity((input.float() + 1) / 2, (target.float() + 1) / 2)
        return dissimilarity.flatten() * target[0].numel() / 2
