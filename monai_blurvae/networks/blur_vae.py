"""The paper's model in one module: encoder, decoder and kernel network."""

import torch
from torch import Tensor, nn

from monai_blurvae.networks.decoder import Decoder
from monai_blurvae.networks.encoder import Encoder
from monai_blurvae.networks.kernel_net import KernelNet
from monai_blurvae.networks.latent_model import LatentModel


class BlurVAE(LatentModel):
    """A variational autoencoder with a latent vector, which can also predict the blur of its reconstructions.

    torch.jit can script it for eval mode: TorchScript cannot compile the shapes that `reparameterize` is
    annotated with.

    Args:
        encoder: q(z | x).
        decoder: mean of p(x | z).
        kernel_net: G(z); None without the paper's method.
        likelihood: the reconstruction term, as `LatentModel` explains.

    Raises:
        ValueError: If the parts do not agree on the latent's length or the images' shape.

    Example:
        >>> network = BlurVAE(Encoder(16, [4, 8], 5), Decoder(16, [4, 8], 5), KernelNet(5, (3, 3))).eval()
        >>> image = torch.zeros(2, 1, 16, 16)
        >>> bool(torch.equal(network(image), network.decode(network.encode(image)[0])))
        True
    """

    def __init__(
        self,
        encoder: Encoder,
        decoder: Decoder,
        kernel_net: KernelNet | None = None,
        likelihood: nn.Module | None = None,
    ) -> None:
        for name in ("latent_size", "image_size", "spatial_dims", "channels"):
            if getattr(decoder, name) != getattr(encoder, name):
                raise ValueError(
                    f"`decoder.{name}` must equal the encoder's {getattr(encoder, name)}, "
                    f"got {getattr(decoder, name)}"
                )
        super().__init__(
            encoder.image_size,
            encoder.spatial_dims,
            encoder.channels,
            (encoder.latent_size,),
            kernel_net,
            likelihood,
        )
        self.encoder = encoder
        self.decoder = decoder

    @torch.jit.export
    def encode(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return mu and log_var, each (B, latent), of images (B, ch, *size) in [-1, 1]."""
        mu, log_var = self.encoder(image)
        return mu, log_var

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        """Return the mean images x_hat (B, ch, *size) in [-1, 1] of latents (B, latent)."""
        x_hat: Tensor = self.decoder(z)
        return x_hat
