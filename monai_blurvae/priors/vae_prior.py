"""A trained VAE as a prior of images of its own size: the evidence lower bound and its derivative."""

import math
from copy import copy

import torch
from torch import Tensor
from typing_extensions import override

from monai_blurvae.blur import NetworkBlur
from monai_blurvae.checks import check_at_least, check_integer
from monai_blurvae.functional import kl_divergence, negative_log_likelihood, reparameterize
from monai_blurvae.losses import GaussianLikelihood, ReconstructionLoss, ScaledLikelihood
from monai_blurvae.networks import LatentModel, PixelScale
from monai_blurvae.priors.base import Prior
from monai_blurvae.priors.conditional import GaussianConditional
from monai_blurvae.shapes import Code, Image, PerImage

ENERGIES = ("elbo", "objective")
"""The energy U: the negative ELBO, or what training minimised."""


class VAEPrior(Prior):
    """log p(x) >= E_q(z|x) log p(x | z) - KL(q(z | x) || p(z)), the ELBO in nats.

    The likelihood has its exact determinant and the scale that was fitted on training data, also if training
    used another form. z = mu(x) + sigma(x) noise. The noise is drawn once and is the same for every image, so
    U depends only on the image. Its derivative goes through decoder, kernel network and encoder. Images are
    in [-1, 1] and of the network's size; complex images and other sizes are refused.

    With a scale network the likelihood is x | z ~ Normal(x_hat, s^2 G Sigma G), G = diag(g(x_hat)). It is
    calibrated both in the background and at edges. Its determinant is exact too.

    The network is kept in evaluation mode and its parameters are frozen.

    Args:
        network: the model, its scale fitted.
        loss: the reconstruction term it was trained with.
        samples: number of latents z per image, positive.
        seed: seed of the noise.
        energy: "elbo"; or "objective" for what training minimised (its determinant, `beta`), at the fitted
            scale: an energy, not a log-probability.
        beta: weight of the KL divergence in the training objective; the ELBO has none.
        pixel_scale: scale network fitted to the model's residuals; None: g = 1.

    Attributes:
        noise: standard normal noise of the samples, (samples, *latent).

    Raises:
        ValueError: If `samples` is not positive, `beta` is negative, `energy` is unknown, or the energy is
            the ELBO and the loss is not a likelihood. Also if `pixel_scale` is given, but the energy is not
            the ELBO or the likelihood has no scale.

    References:
        Tezcan et al., MR Image Reconstruction Using Deep Density Priors, IEEE TMI 38, 2019.

    Example:
        >>> from monai_blurvae.losses import L2Loss
        >>> from monai_blurvae.networks import BlurVAE, Decoder, Encoder
        >>> network = BlurVAE(Encoder(16, [4, 8], 5), Decoder(16, [4, 8], 5))
        >>> prior, x = VAEPrior(network, L2Loss()), torch.zeros(2, 1, 16, 16)
        >>> bool(torch.equal(prior.log_prob(x), -prior.energy(x))), prior.grad(x).shape
        (True, torch.Size([2, 1, 16, 16]))
    """

    noise: Tensor

    def __init__(
        self,
        network: LatentModel,
        loss: ReconstructionLoss,
        samples: int = 1,
        seed: int = 0,
        energy: str = "elbo",
        beta: float = 1.0,
        pixel_scale: PixelScale | None = None,
    ) -> None:
        super().__init__()
        check_integer(1, samples=samples)
        if energy not in ENERGIES:
            raise ValueError(f'`energy` must be "elbo" or "objective", got {energy!r}')
        check_at_least(0, beta=beta)
        if not isinstance(loss, ReconstructionLoss):
            raise ValueError(f"`loss` must be a reconstruction term, got {type(loss).__name__}")
        if energy == "elbo" and not loss.is_likelihood:
            raise ValueError(
                f'`loss` must be a likelihood for the energy "elbo", got {type(loss).__name__}: '
                'choose the energy "objective"'
            )
        if pixel_scale is not None and not (energy == "elbo" and isinstance(loss, ScaledLikelihood)):
            raise ValueError(
                '`pixel_scale` must go with the energy "elbo" of a likelihood with a scale, '
                f"got {energy!r} of {type(loss).__name__}"
            )
        loss = with_attached_kernel(loss)
        self.network = network
        self.loss = loss
        self.pixel_scale = pixel_scale
        self.is_log_prob = energy == "elbo"
        self.beta = 1.0 if self.is_log_prob else beta
        self.patch_size = (network.image_size,) * network.spatial_dims
        self.register_buffer("noise", network.scale.new_empty(samples, *network.latent_shape))
        self.redraw(seed)
        self.eval().requires_grad_(False)
        if network.spatial_dims == 2:  # convolutions are faster so on a CPU
            self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @override
    def train(self, mode: bool = True) -> "VAEPrior":
        """Stay in evaluation mode: batch statistics would make images depend on one another."""
        return super().train(False)

    def redraw(self, seed: int) -> None:
        """Draw other noise from a seed, for instance before every iteration of a stochastic solver."""
        generator = torch.Generator().manual_seed(seed)
        self.noise.copy_(torch.randn(self.noise.shape, generator=generator))

    @override
    def energy(self, x: Tensor) -> PerImage:
        # averaged over the samples of z
        if x.is_complex():
            raise ValueError("`x` must be real, got complex images: wrap the prior in ComplexPrior")
        mu, log_var = self.network.encode(x)
        samples = len(self.noise)
        noise = self.noise.repeat_interleave(len(x), dim=0)
        z = reparameterize(_repeat(mu, samples), _repeat(log_var, samples), noise)
        nll = self._nll(self.network.decode(z), _repeat(x, samples), z)
        return nll.view(samples, -1).mean(dim=0) + self.beta * kl_divergence(mu, log_var)

    def joint_energy(self, x: Image, z: Code) -> PerImage:
        """Compute -log p(x, z) = -log p(x | z) + |z|^2 / 2 + L / 2 log(2 pi), without the encoder.

        The encoder explains the image as it is, with its aliasing. A z that minimises this energy explains
        the measurements.

        Args:
            x: images, (B, ch, *size).
            z: latents of the images, (B, *latent).

        Returns:
            The energy in nats, (B,); for the energy "objective", with the likelihood and `beta` of training.
        """
        nll = self._nll(self.network.decode(z), x, z)
        prior = z.square().flatten(1).sum(dim=1) / 2 + z[0].numel() * math.log(2 * math.pi) / 2
        return nll + self.beta * prior

    def conditional(self, z: Code) -> GaussianConditional:
        """Give p(x | z) of latents, (B, *latent), without a graph. The likelihood must be Gaussian."""
        if not isinstance(self.loss, GaussianLikelihood):
            raise ValueError(f"`loss` must be a Gaussian likelihood, got {type(self.loss).__name__}")
        with torch.no_grad():
            mean = self.network.decode(z)
            eigenvalues = self.loss.weights(mean.shape[2:], z).to(mean) / self.network.scale**2
            g = torch.ones_like(mean) if self.pixel_scale is None else self.pixel_scale(mean).exp()
            return GaussianConditional(mean, eigenvalues.expand(len(mean), *eigenvalues.shape[1:]), 1 / g)

    @override
    def project(self, x: Image) -> Image:
        return self.network.decode(self.network.encode(x)[0])  # from the posterior mean

    @override
    def sample(self, n: int, generator: torch.Generator | None = None) -> Image:
        return self.network.sample(n, generator)  # means of p(x | z), without its noise

    def _nll(self, x_hat: Image, x: Image, z: Code) -> PerImage:
        if not isinstance(self.loss, ScaledLikelihood):
            return self.loss.per_image(x_hat, x, z)
        if self.is_log_prob:
            log_g = None if self.pixel_scale is None else self.pixel_scale(x_hat)
            return self.loss.neg_log_likelihood(x_hat, x, self.network.scale, z, log_g)
        energy = self.loss.energy(x_hat, x, z)
        return negative_log_likelihood(*energy, x[0].numel(), self.network.scale, self.loss.exponent)


def with_attached_kernel(loss: ReconstructionLoss) -> ReconstructionLoss:
    """Copy a loss so that the gradient of a predicted kernel reaches z; only then is it the gradient of U."""
    copied = copy(loss)
    copied._modules = dict(loss._modules)
    for name, module in loss._modules.items():
        if isinstance(module, NetworkBlur):
            copied._modules[name] = blur = copy(module)
            blur.attach = True
        elif isinstance(module, ReconstructionLoss):  # of a sum of two terms
            copied._modules[name] = with_attached_kernel(module)
    return copied


def _repeat(values: Tensor, samples: int) -> Tensor:
    return values[None].expand(samples, *values.shape).flatten(0, 1)
