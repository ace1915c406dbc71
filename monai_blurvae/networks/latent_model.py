"""A latent model: encode images to a Gaussian posterior, decode latents to images."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from monai_blurvae.blur import NetworkBlur
from monai_blurvae.checks import check_integer
from monai_blurvae.functional.gaussian import reparameterize
from monai_blurvae.networks.kernel_net import KernelNet
from monai_blurvae.networks.latent_prior import LatentPrior


class LatentModel(nn.Module):
    """The interface that trainer, evaluator, metrics, priors and bundle work with.

    A subclass defines `encode(image) -> (mu, log_var)` and `decode(z) -> x_hat`. Everything trained lies in
    this one state_dict: the kernel network of the paper's method, what the likelihood learns or measures, and
    the likelihood's scale. So one weight file is enough to evaluate.

    Args:
        image_size: edge length of the (square or cubic) images in pixels.
        spatial_dims: 2 or 3.
        channels: channels of the images.
        latent_shape: shape of one image's latent, (latent,) or (ch, *size).
        kernel_net: G(z); None without the paper's method (`with_kernel_net` adds one).
        likelihood: the reconstruction term. A blur source "network" is bound to `kernel_net`.

    Attributes:
        scale: scale s of the likelihood, fitted on training data; a scalar buffer, 1 until fitted.
        latent_prior: the learned p(z) that samples are drawn from; None: N(0, I). It is no part of the
            state_dict, since it is fitted to finished weights, and stays on its own device.

    Raises:
        ValueError: If the kernel network is for other latents or images.
    """

    scale: Tensor

    __jit_ignored_attributes__ = ["likelihood", "latent_prior"]  # noqa: RUF012

    def __init__(
        self,
        image_size: int,
        spatial_dims: int,
        channels: int,
        latent_shape: Sequence[int],
        kernel_net: KernelNet | None = None,
        likelihood: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.image_size = image_size
        self.spatial_dims = spatial_dims
        self.channels = channels
        self.latent_shape = tuple(latent_shape)
        self.likelihood = likelihood
        self.kernel_net: KernelNet | None = None
        self.latent_prior: LatentPrior | None = None
        self.register_buffer("scale", torch.ones(()))
        if kernel_net is not None:
            self.add_kernel_net(kernel_net)

    def add_kernel_net(self, kernel_net: KernelNet) -> None:
        """Take a kernel network, and bind a likelihood's blur source "network" to it.

        Args:
            kernel_net: G, for latents and images of this model.

        Raises:
            ValueError: If it does not fit the latent size, spatial axes or image size of this model.
        """
        latent_size = torch.Size(self.latent_shape).numel()
        if kernel_net.latent_size != latent_size:
            raise ValueError(
                f"`kernel_net.latent_size` must equal the model's {latent_size}, got {kernel_net.latent_size}"
            )
        if len(kernel_net.kernel_size) != self.spatial_dims:
            raise ValueError(
                f"`kernel_net.kernel_size` must have {self.spatial_dims} numbers, one per spatial axis, "
                f"got {kernel_net.kernel_size}"
            )
        if max(kernel_net.kernel_size) > self.image_size:
            raise ValueError(
                f"`kernel_size` must not exceed `image_size`, {self.image_size}, got {kernel_net.kernel_size}"
            )
        self.kernel_net = kernel_net
        blur = getattr(self.likelihood, "blur", None)
        if isinstance(blur, NetworkBlur):
            blur.bind(kernel_net)  # of the last model that took the loss

    def add_latent_prior(self, latent_prior: LatentPrior) -> None:
        """Take a learned prior, which `sample` draws latents from.

        Args:
            latent_prior: p(z), fitted to this model's posteriors.

        Raises:
            ValueError: If the latent is a feature map, or of another length.
        """
        if self.latent_shape != (latent_prior.latent_size,):
            raise ValueError(
                f"`latent_prior` must be of the model's latent shape {self.latent_shape}, "
                f"got one of vectors of {latent_prior.latent_size}"
            )
        self.__dict__["latent_prior"] = latent_prior  # not registered: no part of the state_dict

    @torch.jit.export
    def encode(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return mu and log_var, each (B, *latent), of images (B, ch, *size) in [-1, 1]."""
        raise NotImplementedError

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        """Return the mean images x_hat (B, ch, *size) of latents (B, *latent)."""
        raise NotImplementedError

    @torch.jit.export
    def kernel(self, z: Tensor) -> Tensor | None:
        """Return the blur kernels (B, *kernel) of latents (B, *latent); None without a kernel network."""
        if self.kernel_net is None:
            return None
        kernel: Tensor = self.kernel_net(z)
        return kernel

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Decode n latents drawn from the prior: the learned one if the model has one, else N(0, I).

        Args:
            n: number of images.
            generator: source of the draw; the latents are drawn on its device, so that a CPU generator gives
                the same images on every device.

        Returns:
            Images, (n, ch, *size). In eval mode they are independent of one another.
        """
        check_integer(1, n=n)
        device = self.scale.device if generator is None else generator.device
        z = torch.randn(n, *self.latent_shape, generator=generator, device=device, dtype=self.scale.dtype)
        return self.decode(self.latents(z).to(self.scale.device))

    @torch.jit.unused
    def latents(self, noise: Tensor) -> Tensor:
        """Turn standard normal noise into draws from the prior, which are the noise itself if it is N(0, I).

        Args:
            noise: draws from N(0, I), (B, *latent).

        Returns:
            Latents, (B, *latent).
        """
        if self.latent_prior is None:
            return noise
        return self.latent_prior.from_noise(noise.to(self.latent_prior.mean)).to(noise)

    def forward(self, image: Tensor) -> Tensor:
        """Reconstruct images: from mu in eval mode, from a sampled latent in training mode.

        Args:
            image: images in [-1, 1], (B, ch, *size).

        Returns:
            Reconstructions, (B, ch, *size).
        """
        mu, log_var = self.encode(image)
        if self.training:
            return self.decode(self._sample_posterior(mu, log_var))
        return self.decode(mu)

    def vae_parameters(self) -> Iterator[nn.Parameter]:
        """Yield the parameters of the VAE's optimiser: all but the kernel network's."""
        for name, parameter in self.named_parameters():
            if not name.startswith("kernel_net."):
                yield parameter

    @torch.jit.unused
    def _sample_posterior(self, mu: Tensor, log_var: Tensor) -> Tensor:
        z: Tensor = reparameterize(mu, log_var, torch.randn_like(mu))
        return z


def with_kernel_net(
    model: LatentModel, kernel_size: int | Sequence[int], hidden_size: int = 1000, softmax: bool = True
) -> LatentModel:
    """Give a model the kernel network of the paper's method.

    Args:
        model: any latent model; changed in place.
        kernel_size: size of the kernels in pixels, one odd number per spatial axis, or one for all axes.
        hidden_size: units of the network's hidden layer.
        softmax: whether kernels are positive with a sum of 1.

    Returns:
        The model, whose `kernel_net` a `NetworkBlur` can use.
    """
    latent_size = torch.Size(model.latent_shape).numel()
    sizes = (kernel_size,) * model.spatial_dims if isinstance(kernel_size, int) else kernel_size
    net = KernelNet(latent_size, sizes, hidden_size, softmax).to(model.scale.device)
    model.add_kernel_net(net)
    return model
