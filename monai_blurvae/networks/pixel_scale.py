"""The scale network: the expected error of each pixel, from the decoded mean."""

import torch
from torch import Tensor, nn

from monai_blurvae.checks import check_integer

LIMIT = 4.0
"""Bound of |log g|. Without it, a background that is exactly 0 would pull g to 0."""


class PixelScale(nn.Module):
    """log g(x_hat): a small convolutional network that gives every pixel of a decoded image its own scale.

    Errors are large at edges and in textures, and almost zero in the background. With one scale for all
    pixels the model is too certain of edges and too uncertain of the background. A tanh bounds the outputs.

    Args:
        channels: channels of the images.
        features: features of the two hidden layers, positive.

    Raises:
        ValueError: If a number is not positive.

    Example:
        >>> PixelScale()(torch.zeros(2, 1, 16, 16)).shape
        torch.Size([2, 1, 16, 16])
    """

    def __init__(self, channels: int = 1, features: int = 16) -> None:
        super().__init__()
        check_integer(1, channels=channels, features=features)
        self.channels = channels
        self.layers = nn.Sequential(
            nn.Conv2d(channels, features, 5, padding=2, padding_mode="replicate"),
            nn.LeakyReLU(0.1),
            nn.Conv2d(features, features, 3, padding=1, padding_mode="replicate"),
            nn.LeakyReLU(0.1),
            nn.Conv2d(features, channels, 3, padding=1, padding_mode="replicate"),
        )

    def forward(self, x_hat: Tensor) -> Tensor:
        """Estimate the logarithm of every pixel's scale.

        Args:
            x_hat: decoded means in [-1, 1], (B, ch, H, W).

        Returns:
            log g, (B, ch, H, W), between -4 and 4.
        """
        log_g: Tensor = LIMIT * torch.tanh(self.layers(x_hat) / LIMIT)
        return log_g
