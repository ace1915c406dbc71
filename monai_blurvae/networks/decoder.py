"""The decoder: a latent to the mean of its image."""

from collections.abc import Sequence
from typing import Literal

import torch
from monai.networks.layers.factories import Conv, Norm
from torch import Tensor, nn

from monai_blurvae.networks.features import check_architecture, smallest_size

UPSAMPLINGS = ("transposed", "interpolated")


def _doubling(
    before: int, after: int, spatial_dims: int, upsampling: Literal["transposed", "interpolated"]
) -> nn.Sequential:
    if upsampling == "transposed":
        transposed = Conv[Conv.CONVTRANS, spatial_dims]
        layers = [transposed(before, after, kernel_size=4, stride=2, padding=1, bias=False)]
    else:
        mode = "bilinear" if spatial_dims == 2 else "trilinear"
        convolution = Conv[Conv.CONV, spatial_dims]
        layers = [
            nn.Upsample(scale_factor=2, mode=mode, align_corners=False),
            convolution(before, after, kernel_size=3, padding=1, bias=False),
        ]
    return nn.Sequential(*layers, Norm[Norm.BATCH, spatial_dims](after), nn.LeakyReLU(inplace=True))


class Decoder(nn.Module):
    """The mean of p(x | z): a perceptron, then blocks that double the image, a convolution and tanh.

    A block is [transposed convolution 4, stride 2; batch norm; leaky ReLU] in architecture 1, and
    [bilinear upsampling; convolution 3; batch norm; leaky ReLU] in architecture 2. The blocks have the
    encoder's features in reverse, and the first of them keeps its number.

    Args:
        image_size: edge length of the (square or cubic) images in pixels.
        features: the encoder's numbers of features, in the encoder's order.
        latent_size: length of z.
        spatial_dims: 2 or 3.
        channels: channels of the images.
        hidden_size: width of the perceptron's hidden layer; None for a single linear layer.
        upsampling: "transposed" (architecture 1) or "interpolated" (architecture 2).

    Raises:
        ValueError: If the blocks cannot double up to the images' size, a size is not a positive integer, or
            `upsampling` is neither of the two.

    Example:
        >>> Decoder(32, [8, 16], latent_size=5)(torch.zeros(3, 5)).shape
        torch.Size([3, 1, 32, 32])
    """

    def __init__(
        self,
        image_size: int,
        features: Sequence[int],
        latent_size: int,
        spatial_dims: int = 2,
        channels: int = 1,
        hidden_size: int | None = 512,
        upsampling: Literal["transposed", "interpolated"] = "transposed",
    ) -> None:
        super().__init__()
        if upsampling not in UPSAMPLINGS:
            raise ValueError(f'`upsampling` must be "transposed" or "interpolated", got {upsampling!r}')
        check_architecture(latent_size, spatial_dims, channels, hidden_size)
        self.image_size = image_size
        self.latent_size = latent_size
        self.spatial_dims = spatial_dims
        self.channels = channels
        size = smallest_size(image_size, features)
        flat = features[-1] * size**spatial_dims
        self.perceptron = (
            nn.Linear(latent_size, flat)
            if hidden_size is None
            else nn.Sequential(
                nn.Linear(latent_size, hidden_size), nn.LeakyReLU(), nn.Linear(hidden_size, flat)
            )
        )
        self.unflatten = nn.Unflatten(1, (features[-1], *[size] * spatial_dims))
        reverse = list(reversed(features))
        self.blocks = nn.Sequential(
            *(
                _doubling(before, after, spatial_dims, upsampling)
                for before, after in zip([reverse[0], *reverse[:-1]], reverse, strict=True)
            )
        )
        self.last = Conv[Conv.CONV, spatial_dims](features[0], channels, kernel_size=3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        """Decode latents.

        Args:
            z: latents, (B, latent).

        Returns:
            x_hat, (B, ch, *size) in [-1, 1], in the latents' precision also under autocast.

        Raises:
            ValueError: If the latents have another shape than the network was made for.
        """
        shape = list(z.shape)
        if shape[1:] != [self.latent_size]:
            raise ValueError(f"`z` must be (B, {self.latent_size}), got {shape}")
        return torch.tanh(self.last(self.blocks(self.unflatten(self.perceptron(z)))).to(z.dtype))
