"""Strangeness of a slice to a trained VAE, of each patch and each pixel, and scores of whole slices."""

import math
from typing import NamedTuple

import torch
from monai.networks.layers import GaussianFilter
from torch import Tensor

from monai_blurvae.checks import check_in, check_integer, check_positive
from monai_blurvae.losses import ScaledLikelihood
from monai_blurvae.priors.framed_patches import FramedPatches, with_patch
from monai_blurvae.priors.tiling import PatchTiling
from monai_blurvae.priors.vae_prior import VAEPrior
from monai_blurvae.shapes import Image, PerImage


class Strangeness(NamedTuple):
    """Strangeness of slices. Of the n patches of a slice, those without enough brain are NaN."""

    neg_elbo: Tensor
    """Negative ELBO of each patch in nats per pixel, (B, n)."""
    squared_error: Tensor
    """Mean squared error of each patch's reconstruction decode(mu), (B, n)."""
    whitened_map: Image
    """The whitened residual over the scale, to the power p of the likelihood. It is near 1 where the model
    predicts its errors well. A mean over the patches that contain the pixel; NaN outside them,
    (B, 1, H, W)."""
    error_map: Image
    """The squared error of the reconstruction, likewise, (B, 1, H, W)."""
    bias_map: Image
    """`local_bias` of the residual, likewise, (B, 1, H, W)."""


class PatchStrangeness:
    """Judge slices by overlapping patches: the ELBO of each, and the residual of each pixel.

    The residual is that of the posterior mean, decode(mu), under the likelihood that the model was trained
    with: for a Wiener likelihood it is filtered by abs(w) of the kernel at mu, for L2 it is the plain error.

    Args:
        prior: the model; its energy is the ELBO and its likelihood has a scale.
        overlap: share of a patch that the next patch also covers, in [0, 1).
        chunk: patches that pass through the network at once.
        min_share: least share of brain in a patch that counts, in [0, 1].
        smoothing: standard deviation in pixels of the bias map's Gaussian, positive.

    Raises:
        ValueError: If the prior's energy is not the ELBO, its likelihood has no scale, or an argument is out
            of its range.
    """

    def __init__(
        self,
        prior: VAEPrior,
        overlap: float = 0.5,
        chunk: int = 64,
        min_share: float = 0.5,
        smoothing: float = 6.0,
    ) -> None:
        check_in("[0, 1)", overlap=overlap)
        check_integer(1, chunk=chunk)
        check_in("[0, 1]", min_share=min_share)
        if not (prior.is_log_prob and isinstance(prior.loss, ScaledLikelihood)):
            raise ValueError(
                "`prior` must have the ELBO for energy and a likelihood with a scale (wiener_blur, spectral, "
                f"l2 or l1), got {type(prior.loss).__name__}"
            )
        check_positive(smoothing=smoothing)
        self.prior = prior
        self.loss = prior.loss
        stride = [max(1, int(size * (1 - overlap))) for size in prior.patch_size]
        self.tiling = PatchTiling(prior.patch_size, stride, "reflect")
        self.chunk = chunk
        self.min_share = min_share
        self.smoothing = smoothing

    @torch.no_grad()
    def __call__(self, x: Image, brain: Tensor) -> Strangeness:
        """Judge slices.

        Args:
            x: slices in the network's units, (B, 1, H, W), of any size, on any device.
            brain: true on the brain, bool (B, 1, H, W).

        Returns:
            Scores of patches and maps.

        Raises:
            ValueError: If a slice has no patch with enough brain.
        """
        cut = FramedPatches(x, brain, self.prior, self.tiling, self.min_share)
        parts = [self._judge(part) for part in torch.split(cut.patches, self.chunk)]
        energy, whitened, residual = (torch.cat(values).to(x) for values in zip(*parts, strict=True))
        return Strangeness(
            cut.per_patch(energy),
            cut.per_patch(residual.square().flatten(1).mean(dim=1)),
            cut.per_pixel(whitened),
            cut.per_pixel(residual.square()),
            local_bias(cut.per_pixel(residual), brain, self.smoothing),
        )

    def judgeable(self, brain: Tensor) -> Tensor:
        """Say which slices have a patch with enough brain, bool (B, 1, H, W) to (B,)."""
        return with_patch(brain, self.prior, self.tiling, self.min_share)

    def _judge(self, patches: Image) -> tuple[Tensor, Tensor, Tensor]:
        # nats per pixel, (N,); whitened residual over the scale, and residual, of each pixel, (N, 1, h, w)
        network = self.prior.network
        patches = patches.to(network.scale)
        mu, _ = network.encode(patches)
        x_hat = network.decode(mu)
        whitened = self.loss.error_map(x_hat, patches, mu) / network.scale**self.loss.exponent
        return self.prior.energy(patches) / patches[0].numel(), whitened, patches - x_hat


def local_bias(residual: Image, brain: Tensor, sigma: float) -> Image:
    """Average the residual under a Gaussian, only within the brain: abs(G * (r b)) / (G * b).

    Errors of texture go up and down, and cancel. The error of a missed lesion goes one way.

    Args:
        residual: r = x - x_hat, (B, 1, H, W); NaN where unknown.
        brain: true on the brain, bool (B, 1, H, W).
        sigma: the Gaussian's standard deviation in pixels, positive.

    Returns:
        The bias, not negative, NaN outside the brain and where the residual is unknown, (B, 1, H, W).

    Raises:
        ValueError: If `sigma` is not positive.
    """
    check_positive(sigma=sigma)
    known = brain & residual.isfinite()
    blur = GaussianFilter(2, sigma).to(residual)
    with torch.no_grad():
        bias: Tensor = (blur(residual.where(known, 0)) / blur(known.to(residual))).abs()
    return bias.where(known, torch.nan)


def mean_of_highest(values: Tensor, share: float = 1.0) -> PerImage:
    """Average the highest values of each row.

    Args:
        values: one number per patch, (B, n); NaN where a patch does not count, but not in a whole row.
        share: share of the patches that count, rounded up to whole patches, in (0, 1].

    Returns:
        The means, (B,).

    Raises:
        ValueError: If `share` is out of its range.
    """
    check_in("(0, 1]", share=share)
    counted = values.isfinite()
    ranked = values.where(counted, -math.inf).sort(dim=1, descending=True).values
    highest = (share * counted.sum(dim=1)).ceil()
    taken = highest.new_ones(values.shape).cumsum(dim=1) <= highest[:, None]
    return ranked.where(taken, 0).sum(dim=1) / highest
