"""Names of axes, for the shapes of tensors in public functions."""

from jaxtyping import Complex, Float
from torch import Tensor

Image = Float[Tensor, "B ch *size"]
"""Images: batch, channels, then two or three spatial axes (H, W) or (D, H, W)."""

Kernel = Float[Tensor, "B *kernel"]
"""One blur kernel per image, shared by its channels; every size odd, the centre in the middle."""

Spectrum = Complex[Tensor, "*axes"]
"""Half spectra (rfftn) over the last axes, zero frequency first."""

Code = Float[Tensor, "B *latent"]
"""Latents z, their means mu or log variances: vectors (B, latent) or feature maps (B, ch, *size)."""

PerImage = Float[Tensor, "B"]
"""One number per image, in nats where it is a likelihood."""
