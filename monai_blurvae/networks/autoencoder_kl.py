"""MONAI's `AutoencoderKL` as a latent model."""

import torch
from monai.networks.nets import AutoencoderKL
from torch import Tensor, nn

from monai_blurvae.checks import check_integer
from monai_blurvae.networks.kernel_net import KernelNet
from monai_blurvae.networks.latent_model import LatentModel


class AutoencoderKLModel(LatentModel):
    """MONAI's `AutoencoderKL`, its quantisation convolutions included: the latent is a feature map.

    `AutoencoderKL.encode` returns sigma; here it is log sigma^2. The decoder ends without tanh, so values
    may leave [-1, 1] a little.

    Args:
        autoencoder: the network.
        image_size: edge length of the (square or cubic) images in pixels; every level but the first halves
            them.
        kernel_net: G(z); None without the paper's method.
        likelihood: the reconstruction term, as `LatentModel` explains.

    Raises:
        ValueError: If the network is something else, or cannot take images of this size.

    Example:
        >>> net = AutoencoderKL(2, 1, 1, 1, (4, 4), (False, False), norm_num_groups=2)
        >>> model = AutoencoderKLModel(net, image_size=16)
        >>> model.latent_shape, model.encode(torch.zeros(2, 1, 16, 16))[1].shape
        ((3, 8, 8), torch.Size([2, 3, 8, 8]))
    """

    def __init__(
        self,
        autoencoder: AutoencoderKL,
        image_size: int,
        kernel_net: KernelNet | None = None,
        likelihood: nn.Module | None = None,
    ) -> None:
        if not isinstance(autoencoder, AutoencoderKL):
            raise ValueError(f"`autoencoder` must be MONAI's AutoencoderKL, got {type(autoencoder).__name__}")
        check_integer(1, image_size=image_size)
        weight = next(p for p in autoencoder.encoder.parameters() if p.ndim > 1)
        spatial_dims, channels = weight.ndim - 2, weight.shape[1]
        with torch.no_grad():
            image = weight.new_zeros(1, channels, *(image_size,) * spatial_dims)
            mu = autoencoder.encode(image)[0]
            size = autoencoder.decode(mu).shape[2:]
        if size != image.shape[2:]:
            raise ValueError(
                f"`image_size` must be a multiple of the network's downsampling, got {image_size}, "
                f"which it decodes to {tuple(size)}"
            )
        super().__init__(image_size, spatial_dims, channels, tuple(mu.shape[1:]), kernel_net, likelihood)
        self.autoencoder = autoencoder

    def encode(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return mu and log_var, each (B, ch, *latent size), of images (B, ch, *size) in [-1, 1]."""
        mu, sigma = self.autoencoder.encode(image)
        return mu.to(image.dtype), 2 * sigma.to(image.dtype).log()

    def decode(self, z: Tensor) -> Tensor:
        """Return the mean images x_hat (B, ch, *size) of latents (B, ch, *latent size)."""
        x_hat: Tensor = self.autoencoder.decode(z)
        return x_hat.to(z.dtype)
