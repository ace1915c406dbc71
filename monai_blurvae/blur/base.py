"""The interface of blur sources: source(x, x_hat, z) -> K."""

from collections.abc import Sequence
from typing import NamedTuple

from torch import nn

from monai_blurvae.functional import POWER_FLOOR, ImageSpectrum, KernelSpectrum, half_spectrum
from monai_blurvae.shapes import Code, Image, Kernel, PerImage


class Spectra(NamedTuple):
    """The Fourier transforms of a batch, computed once for everything that needs them."""

    X: ImageSpectrum
    """Half spectra F(x) of the images, (B, ch, *half)."""
    X_hat: ImageSpectrum
    """Half spectra F(x_hat) of the reconstructions, (B, ch, *half)."""

    @classmethod
    def of(cls, x: Image, x_hat: Image) -> "Spectra":
        """Transform a batch.

        Args:
            x: images, (B, ch, *size).
            x_hat: reconstructions, (B, ch, *size).

        Returns:
            Both half spectra.
        """
        spatial_dims = x.ndim - 2
        return cls(half_spectrum(x, spatial_dims), half_spectrum(x_hat, spatial_dims))


class BlurSource(nn.Module):
    """A source of the blur: it gives one transfer function K per image, or one for all images.

    A source that depends only on z, or on nothing, defines `transfer_function`; then the Wiener term is a
    likelihood. A source that looks at the images overrides `forward`.
    """

    needs_latent: bool = False
    """Whether z must be given."""

    depends_on_image: bool = False
    """Whether K depends on the image itself: then the Wiener term is an objective, not a likelihood."""

    default_constant: float = 0.025
    """Wiener constant that goes with this source by default; the paper's, unless the source has another."""

    needs_warmup: bool = False
    """Whether K is meaningless until the decoder's mean resembles a blurred input."""

    def forward(
        self, x: Image, x_hat: Image, z: Code | None = None, spectra: Spectra | None = None
    ) -> KernelSpectrum:
        """Give the transfer functions of a batch.

        Args:
            x: images, (B, ch, *size).
            x_hat: reconstructions, (B, ch, *size).
            z: latents of the images, (B, *latent), for a source that needs them.
            spectra: transforms of `x` and `x_hat`, if already computed.

        Returns:
            K on the half spectrum, (B or 1, *half), zero frequency first.
        """
        del x_hat, spectra
        return self.transfer_function(x.shape[2:], z)

    def transfer_function(self, size: Sequence[int], z: Code | None = None) -> KernelSpectrum:
        """Give the transfer functions without an image.

        Args:
            size: spatial size of the images in pixels.
            z: latents, (B, *latent), for a source that needs them.

        Returns:
            K on the half spectrum, (B or 1, *half), zero frequency first.

        Raises:
            ValueError: If K depends on the image.
        """
        del size, z
        raise ValueError(
            f"`blur` must not depend on the image to give a likelihood, got {type(self).__name__}: "
            "its Wiener term is only a training objective"
        )

    def with_step(
        self, x: Image, x_hat: Image, z: Code | None, spectra: Spectra
    ) -> tuple[KernelSpectrum, PerImage | None, Kernel | None]:
        """Give K, and what the source's own training step minimises, if it has one.

        Args:
            x: images, (B, ch, *size).
            x_hat: reconstructions, (B, ch, *size).
            z: latents of the images, (B, *latent), for a source that needs them.
            spectra: transforms of `x` and `x_hat`.

        Returns:
            K, (B or 1, *half); the error of each image, (B,), with a gradient only to the source, or None;
            the kernels, (B, *kernel), detached, or None.
        """
        return self(x, x_hat, z, spectra), None, None

    def observe(self, spectra: Spectra, size: Sequence[int]) -> None:
        """Take in a training batch, after the loss used it; most sources ignore it.

        Args:
            spectra: transforms of the batch, without gradient.
            size: spatial size of the images in pixels.
        """

    def default_floor(self, C: float) -> float:  # noqa: ARG002
        """Give the least weight abs(w)^2 that goes with this source by default.

        Args:
            C: Wiener constant.

        Returns:
            The floor; 1e-8, the paper's form, unless the source overrides it.
        """
        return POWER_FLOOR


def weight_of_the_unblurred(C: float) -> float:
    """Give abs(w)^2 = 1 / (1 + C)^2, the weight at K = 1, which serves as a floor.

    Args:
        C: Wiener constant.

    Returns:
        The weight.
    """
    return 1 / (1 + C) ** 2
