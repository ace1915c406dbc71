"""Focal frequency: squared error that emphasises the frequencies of largest error."""

from monai_blurvae.checks import check_at_least
from monai_blurvae.functional import focal_frequency_error, focal_weights, half_spectrum
from monai_blurvae.losses.base import ReconstructionLoss, check_same_shape
from monai_blurvae.shapes import Code, Image, PerImage


class FocalFrequencyLoss(ReconstructionLoss):
    """The focal frequency loss: sum of w abs(F(x - x_hat))^2 / N, with w = (abs(F) / max abs(F))^alpha.

    The weights depend on the error, so the loss has no density and there are no bits per dimension.

    It is the authors' mean over an image's D values, multiplied by D. With all weights 1 it is the squared
    error. Most weights are far below 1, so the loss is far below the squared error.

    Args:
        alpha: how strongly frequencies with a large error are weighted, not negative; 0: squared error.
        reduction: "mean" or "sum" over the images of a batch, or "none".

    Raises:
        ValueError: If `alpha` is negative.

    References:
        Jiang, Dai, Wu, Loy, Focal Frequency Loss for Image Reconstruction and Synthesis, ICCV 2021.

    Example:
        >>> import torch
        >>> x = torch.ones(1, 1, 4, 4)  # an error of one frequency has weight 1 there
        >>> FocalFrequencyLoss()(0 * x, x)
        tensor(16.)
    """

    def __init__(self, alpha: float = 1.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        check_at_least(0, alpha=alpha)
        self.alpha = alpha

    def per_image(self, input: Image, target: Image, z: Code | None = None) -> PerImage:
        """Compare reconstructions with images.

        Args:
            input: reconstructions, (B, ch, *size) in [-1, 1].
            target: images, (B, ch, *size) in [-1, 1].
            z: ignored.

        Returns:
            Focal frequency losses, (B,).
        """
        del z
        check_same_shape(input, target)
        size = target.shape[2:]
        E = half_spectrum(target, len(size)) - half_spectrum(input, len(size))
        return focal_frequency_error(E, focal_weights(E, self.alpha), size)
