"""One forward pass of the VAE that serves both training steps."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call

from monai_blurvae.functional.gaussian import reparameterize
from monai_blurvae.networks.blur_vae import BlurVAE


class Parts(NamedTuple):
    """Everything that a forward pass makes of a batch."""

    mu: Tensor
    """Posterior mean, (B, latent), float32."""
    log_var: Tensor
    """Posterior log variance, (B, latent), float32."""
    z: Tensor
    """Sampled latent, (B, latent), float32."""
    x_hat: Tensor
    """Decoder mean at z, (B, ch, *size)."""
    kernel: Tensor | None
    """G(z), (B, *kernel), with a gradient to the kernel network's parameters alone: for the kernel step."""
    frozen_kernel: Tensor | None
    """The same values with a gradient through z alone, or none at all: for the VAE step."""


class TrainingPass(nn.Module):
    """Encode, sample, decode and estimate the kernel, in one forward call.

    DDP synchronises gradients through `forward` alone, hence a module that returns all the parts. The
    kernel's two versions are equal bit for bit; they differ in where their gradients may flow.

    Args:
        network: The model to train.

    Example:
        >>> from monai_blurvae.networks import Decoder, Encoder, KernelNet
        >>> network = BlurVAE(Encoder(16, [4, 8], 5), Decoder(16, [4, 8], 5), KernelNet(5, (3, 3)))
        >>> parts = TrainingPass(network)(torch.zeros(2, 1, 16, 16), noise=torch.zeros(2, 5))
        >>> bool(torch.equal(parts.z, parts.mu)), bool(torch.equal(parts.kernel, parts.frozen_kernel))
        (True, True)
    """

    def __init__(self, network: BlurVAE) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor, noise: Tensor, attach_kernel: bool = False) -> Parts:
        """Run the model on a batch.

        Args:
            image: Images in [-1, 1], (B, ch, *size).
            noise: Standard normal noise, (B, latent).
            attach_kernel: Let the gradient of `frozen_kernel` flow through z into the encoder.

        Returns:
            The parts; both kernels are None without a kernel network.
        """
        mu, log_var = self.network.encode(image)
        z = reparameterize(mu, log_var, noise)
        x_hat = self.network.decode(z)
        kernel_net = self.network.kernel_net
        if kernel_net is None:
            return Parts(mu, log_var, z, x_hat, None, None)
        with torch.autocast(z.device.type, enabled=False):
            kernel: Tensor = kernel_net(z.detach())
            if attach_kernel:
                fixed = {name: parameter.detach() for name, parameter in kernel_net.named_parameters()}
                frozen_kernel: Tensor = functional_call(kernel_net, fixed, (z,))
            else:
                frozen_kernel = kernel.detach()
        return Parts(mu, log_var, z, x_hat, kernel, frozen_kernel)
