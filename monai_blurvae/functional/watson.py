"""Watson's perceptual distance: differences of 8 x 8 blocks' spectra, over the least visible one."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from monai_blurvae.functional.dtype import at_least_float32
from monai_blurvae.functional.fourier import half_spectrum, squared_modulus
from monai_blurvae.shapes import PerImage

BLOCK = 8
"""Edge length of a block in pixels."""

EPSILON = 1e-10
"""Added wherever a power or a quotient of amplitudes would have no derivative at 0."""

PHASE_FLOOR = 1e-7
"""An amplitude, of images in [0, 1], ten times what float32 rounds away: below it a phase is mostly noise."""

BlockFrequencies = Float[Tensor, "8 5"]
"""One number per frequency of a block's half spectrum, zero frequency first."""


class WatsonWeights(NamedTuple):
    """The distance's parameters, fitted to human judgement by its authors."""

    sensitivity: BlockFrequencies
    """t, the amplitude that the eye just notices, positive."""

    luminance: Float[Tensor, ""]
    """alpha, exponent of luminance masking."""

    contrast: Float[Tensor, ""]
    """w, exponent of contrast masking, in (0, 1)."""

    pooling: Float[Tensor, ""]
    """beta, exponent of the norm over blocks and frequencies, positive."""

    phase: BlockFrequencies
    """Weights of the phases, 0 at the four frequencies of a block that are real."""


def watson_distance(
    x_hat: Float[Tensor, "B height width"], x: Float[Tensor, "B height width"], weights: WatsonWeights
) -> PerImage:
    """Measure the perceptual distance of one-channel images.

    With c the blocks' spectra over 64, and A = abs(c) that of the image:
    t_l = t (A[0, 0] / its mean over the image's blocks)^alpha       (luminance masking)
    s   = smooth maximum of t_l and A^w t_l^(1 - w)                   (contrast masking)
    distance = (sum of (abs(A - abs(c_hat)) / s)^beta)^(1 / beta) + sum of phase weight * angle(c, c_hat)
    Both sums run over blocks and over the half spectrum. The mean luminance is the image's own, so that an
    image's distance does not depend on its batch. Where a block's amplitude is 0 its phase does not count.

    Args:
        x_hat: reconstructions, (B, height, width) in [0, 1], sizes that 8 divides.
        x: images, (B, height, width) in [0, 1].
        weights: sensitivities and exponents.

    Returns:
        Distances, (B,).

    Raises:
        ValueError: If 8 does not divide the size.

    References:
        Czolbe, Krause, Cox, Igel, A Loss Function for Generative Neural Networks Based on Watson's Perceptual
        Model, NeurIPS 2020.

    Example:
        >>> flat, zero = torch.ones(8, 5), torch.tensor(0.0)
        >>> plain = WatsonWeights(flat, zero, zero, torch.tensor(1.0), 0 * flat)
        >>> grey = torch.ones(1, 8, 8)  # flat blocks differ only in their means
        >>> watson_distance(0.25 * grey, 0.75 * grey, plain)
        tensor([0.5000])
    """
    c, c_hat = _block_spectra(x), _block_spectra(x_hat)
    A, A_hat = ((squared_modulus(spectrum) + 2 * EPSILON**2).sqrt() for spectrum in (c, c_hat))
    luminance = A[..., :1, :1]
    relative = (luminance + EPSILON) / (luminance.mean(dim=1, keepdim=True) + EPSILON)
    t = weights.sensitivity * relative.pow(weights.luminance)
    masked = (A + EPSILON).pow(weights.contrast) * t.pow(1 - weights.contrast)
    both = torch.stack([t, masked], dim=-1)
    s = (both * both.softmax(dim=-1)).sum(dim=-1)
    noticed = (((A - A_hat) / s).abs() + EPSILON).pow(weights.pooling) + EPSILON
    amplitude = noticed.flatten(1).sum(dim=1).pow(1 / weights.pooling)
    return amplitude + (_angle(c, c_hat) * weights.phase).flatten(1).sum(dim=1)


def _angle(c: Tensor, c_hat: Tensor) -> Tensor:
    """Compute the angle between complex numbers; 0 where either modulus is lost in rounding."""
    modulus = (squared_modulus(c) + EPSILON**2).sqrt()
    real = c.real * c_hat.real + c.imag * c_hat.imag
    imaginary = c.real * c_hat.imag - c.imag * c_hat.real
    return torch.atan2(imaginary.abs(), real + PHASE_FLOOR * (modulus + PHASE_FLOOR))


def _block_spectra(image: Tensor) -> Tensor:
    """Transform each block of 8 x 8 pixels."""
    batch, height, width = image.shape
    if height % BLOCK or width % BLOCK:
        raise ValueError(f"`x` must have sizes that {BLOCK} divides, got {(height, width)}")
    blocks = at_least_float32(image).reshape(batch, height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    return half_spectrum(blocks.transpose(2, 3).flatten(1, 2), 2) / BLOCK**2
