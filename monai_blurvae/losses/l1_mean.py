"""Mean absolute error, as MONAI's tutorials train an AutoencoderKL: the baseline of autoencoders."""

from monai_blurvae.functional import at_least_float32
from monai_blurvae.losses.base import ReconstructionLoss, check_same_shape
from monai_blurvae.shapes import Code, Image, PerImage


class L1MeanLoss(ReconstructionLoss):
    """Absolute error averaged over an image's channels and pixels, `torch.nn.L1Loss` per image.

    This is the only term that is not summed over the image. MONAI's tutorials define it so; their weight of
    the KL divergence, 1e-6 or 1e-8, is `beta` here. It is not a likelihood.

    Args:
        reduction: "mean" or "sum" over the images of a batch, or "none".

    Example:
        >>> import torch
        >>> x = torch.ones(2, 1, 4, 4)
        >>> L1MeanLoss(reduction="none")(0.5 * x, x)
        tensor([0.5000, 0.5000])
    """

    def per_image(self, input: Image, target: Image, z: Code | None = None) -> PerImage:
        """See `ReconstructionLoss`."""
        del z
        check_same_shape(input, target)
        return (at_least_float32(target) - at_least_float32(input)).abs().flatten(1).mean(dim=1)
