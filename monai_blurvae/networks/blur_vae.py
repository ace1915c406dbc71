"""The whole model in one module: encoder, decoder and kernel network."""

import torch
from torch import Tensor, nn

from monai_blurvae.functional.gaussian import reparameterize
from monai_blurvae.networks.decoder import Decoder
from monai_blurvae.networks.encoder import Encoder
from monai_blurvae.networks.kernel_net import KernelNet


class BlurVAE(nn.Module):
    """A variational autoencoder that also estimates the blur of its reconstructions.

    Everything trained lies in this one state_dict, the likelihood's scale included, so that one weight file
    is enough to evaluate. The parts are `encode`, `decode`, `kernel` and `sample`; training uses
    `TrainingPass`. Scripted by torch.jit, it is for eval mode alone: TorchScript cannot compile the shapes
    that `reparameterize` is annotated with.

    Args:
        encoder: q(z | x).
        decoder: Mean of p(x | z).
        kernel_net: G(z); None for the losses that need no kernel.
        likelihood: The reconstruction term: what it learns itself travels with the weights. None: nothing.

    Attributes:
        latent_size: Length of z.
        image_size: Edge length of the images in pixels.
        scale: Scale s of the likelihood, fitted on training data; scalar buffer, 1 until fitted.

    Raises:
        ValueError: If the parts disagree about the latent's length or the images' shape.

    Example:
        >>> network = BlurVAE(Encoder(16, [4, 8], 5), Decoder(16, [4, 8], 5), KernelNet(5, (3, 3))).eval()
        >>> image = torch.zeros(2, 1, 16, 16)
        >>> bool(torch.equal(network(image), network.decode(network.encode(image)[0])))
        True
    """

    scale: Tensor

    __jit_ignored_attributes__ = ["likelihood"]  # noqa: RUF012

    def __init__(
        self,
        encoder: Encoder,
        decoder: Decoder,
        kernel_net: KernelNet | None = None,
        likelihood: nn.Module | None = None,
    ) -> None:
        super().__init__()
        for name in ("latent_size", "image_size", "spatial_dims", "channels"):
            if getattr(decoder, name) != getattr(encoder, name):
                raise ValueError(
                    f"`decoder.{name}` must equal the encoder's {getattr(encoder, name)}, "
                    f"got {getattr(decoder, name)}"
                )
        if kernel_net is not None and kernel_net.latent_size != encoder.latent_size:
            raise ValueError(
                f"`kernel_net.latent_size` must equal the encoder's {encoder.latent_size}, "
                f"got {kernel_net.latent_size}"
            )
        if kernel_net is not None and len(kernel_net.kernel_size) != encoder.spatial_dims:
            raise ValueError(
                f"`kernel_net.kernel_size` must have {encoder.spatial_dims} numbers, one per spatial axis, "
                f"got {kernel_net.kernel_size}"
            )
        if kernel_net is not None and max(kernel_net.kernel_size) > encoder.image_size:
            raise ValueError(
                f"`kernel_size` must not exceed the image size, {encoder.image_size}, "
                f"got {kernel_net.kernel_size}"
            )
        self.encoder = encoder
        self.decoder = decoder
        self.kernel_net = kernel_net
        self.likelihood = likelihood
        self.latent_size = encoder.latent_size
        self.image_size = encoder.image_size
        self.spatial_dims = encoder.spatial_dims
        self.channels = encoder.channels
        self.register_buffer("scale", torch.ones(()))

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

    @torch.jit.export
    def kernel(self, z: Tensor) -> Tensor | None:
        """Return the blur kernels (B, *kernel) of latents (B, latent); None without a kernel network."""
        if self.kernel_net is None:
            return None
        kernel: Tensor = self.kernel_net(z)
        return kernel

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Decode n latents drawn from the prior.

        Args:
            n: Number of images.
            generator: Source of the draw; the latents are drawn on its device, so that a CPU generator gives
                the same images on every device.

        Returns:
            Images, (n, ch, *size) in [-1, 1]. In eval mode they are independent of one another.
        """
        device = self.scale.device if generator is None else generator.device
        z = torch.randn(n, self.latent_size, generator=generator, device=device, dtype=self.scale.dtype)
        return self.decode(z.to(self.scale.device))

    def forward(self, image: Tensor) -> Tensor:
        """Reconstruct images: from mu in eval mode, from a sampled latent in training mode.

        Args:
            image: Images in [-1, 1], (B, ch, *size).

        Returns:
            Reconstructions, (B, ch, *size) in [-1, 1].
        """
        mu, log_var = self.encode(image)
        if self.training:
            return self.decode(self._sample_posterior(mu, log_var))
        return self.decode(mu)

    @torch.jit.unused
    def _sample_posterior(self, mu: Tensor, log_var: Tensor) -> Tensor:
        z: Tensor = reparameterize(mu, log_var, torch.randn_like(mu))
        return z
