"""The encoder: an image to the mean and log variance of its latent's posterior."""

from collections.abc import Sequence

from monai.networks.layers.factories import Conv, Norm
from torch import Tensor, nn

from monai_blurvae.networks.features import check_architecture, smallest_size


class Encoder(nn.Module):
    """q(z | x): blocks of [convolution 3, stride 2; batch norm; leaky ReLU], then a perceptron.

    Each block halves the image. A hidden size gives the two-layer perceptron of architecture 1, None the one
    linear layer of architecture 2. The convolutions have no bias, since batch norm would remove it.

    Args:
        image_size: edge length of the (square or cubic) images in pixels.
        features: numbers of features, one per block (`architecture_1_features`, `architecture_2_features`).
        latent_size: length of z.
        spatial_dims: 2 or 3.
        channels: channels of the images.
        hidden_size: width of the perceptron's hidden layer; None for a single linear layer.

    Raises:
        ValueError: If the images cannot be halved by every block, or a size is not a positive integer.

    Example:
        >>> import torch
        >>> mu, log_var = Encoder(32, [8, 16], latent_size=5)(torch.zeros(3, 1, 32, 32))
        >>> mu.shape, log_var.shape
        (torch.Size([3, 5]), torch.Size([3, 5]))
    """

    def __init__(
        self,
        image_size: int,
        features: Sequence[int],
        latent_size: int,
        spatial_dims: int = 2,
        channels: int = 1,
        hidden_size: int | None = 512,
    ) -> None:
        super().__init__()
        check_architecture(latent_size, spatial_dims, channels, hidden_size)
        self.image_size = image_size
        self.latent_size = latent_size
        self.spatial_dims = spatial_dims
        self.channels = channels
        flat = smallest_size(image_size, features) ** spatial_dims * features[-1]
        convolution, norm = Conv[Conv.CONV, spatial_dims], Norm[Norm.BATCH, spatial_dims]
        self.blocks = nn.Sequential(
            *(
                nn.Sequential(
                    convolution(before, after, kernel_size=3, stride=2, padding=1, bias=False),
                    norm(after),
                    nn.LeakyReLU(inplace=True),
                )
                for before, after in zip([channels, *features[:-1]], features, strict=True)
            )
        )
        self.perceptron = (
            nn.Linear(flat, 2 * latent_size)
            if hidden_size is None
            else nn.Sequential(
                nn.Linear(flat, hidden_size), nn.LeakyReLU(), nn.Linear(hidden_size, 2 * latent_size)
            )
        )

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Encode images.

        Args:
            image: images in [-1, 1], (B, ch, *size).

        Returns:
            mu and log_var, each (B, latent), in the images' precision also under autocast.

        Raises:
            ValueError: If the images have another shape than the network was made for.
        """
        shape = list(image.shape)
        if shape[1:] != [self.channels] + [self.image_size] * self.spatial_dims:
            raise ValueError(
                f"`image` must have {self.channels} channel(s) and {self.spatial_dims} axes of "
                f"{self.image_size} pixels after the batch, got {shape}"
            )
        halves = self.perceptron(self.blocks(image).flatten(1)).to(image.dtype).chunk(2, dim=1)
        return halves[0], halves[1]
