"""Focal frequency: squared error that prefers the frequencies which are worst."""

from monai_blurvae.functional import focal_frequency_error, focal_weights, half_spectrum
from monai_blurvae.losses.base import ReconstructionLoss, check_same_shape
from monai_blurvae.shapes import Image, Kernel, PerImage


class FocalFrequencyLoss(ReconstructionLoss):
    """The focal frequency loss: sum of w abs(F(x - x_hat))^2 / N, with w = (abs(F) / max abs(F))^alpha.

    The weights change with the error they weigh, so no density belongs to it: no bits per dimension.

    Its size: the authors' mean over an image's D values, times D, so that with all weights 1 it is the
    squared error. Most weights are far below 1, and so is the loss below the squared error.

    Args:
        alpha: how strongly the hard frequencies are preferred, not negative; 0 is the squared error.

    Raises:
        ValueError: If `alpha` is negative.

    References:
        Jiang, Dai, Wu, Loy, Focal Frequency Loss for Image Reconstruction and Synthesis, ICCV 2021.

    Example:
        >>> import torch
        >>> x = torch.ones(1, 1, 4, 4)  # an error of one frequency has weight 1 there
        >>> FocalFrequencyLoss()(0 * x, x)
        tensor([16.])
    """

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__()
        if not alpha >= 0:
            raise ValueError(f"`alpha` must not be negative, got {alpha}")
        self.alpha = alpha

    def forward(self, x_hat: Image, x: Image, kernel: Kernel | None = None) -> PerImage:  # noqa: ARG002
        """Compare reconstructions with images.

        Args:
            x_hat: reconstructions, (B, ch, *size) in [-1, 1].
            x: images, (B, ch, *size) in [-1, 1].
            kernel: ignored.

        Returns:
            Focal frequency losses, (B,).
        """
        check_same_shape(x_hat, x)
        size = x.shape[2:]
        E = half_spectrum(x, len(size)) - half_spectrum(x_hat, len(size))
        return focal_frequency_error(E, focal_weights(E, self.alpha), size)
