"""The focal frequency error: squared error in Fourier space, weighted by its size at each frequency."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from monai_blurvae.checks import check_at_least
from monai_blurvae.functional.fourier import ImageSpectrum, full_spectrum_sum, squared_modulus
from monai_blurvae.shapes import PerImage


def focal_weights(E: ImageSpectrum, alpha: float = 1.0) -> Float[Tensor, "B ch *half"]:
    """Weight every frequency by its error over the largest of its channel: (abs(E) / max abs(E))^alpha.

    The weights are constants: no gradient flows through them. Where the error is 0 everywhere, the weights
    are 0 too.

    Args:
        E: half spectra of the errors, F(x - x_hat), (B, ch, *half).
        alpha: how strongly frequencies with a large error are weighted; 0: equal weights.

    Returns:
        Weights in [0, 1], (B, ch, *half).

    Raises:
        ValueError: If `alpha` is negative.

    References:
        Jiang, Dai, Wu, Loy, Focal Frequency Loss for Image Reconstruction and Synthesis, ICCV 2021, eq. 9.

    Example:
        >>> focal_weights(torch.tensor([[[3 + 4j, 0 + 1j]]]))
        tensor([[[1.0000, 0.2000]]])
    """
    check_at_least(0, alpha=alpha)
    with torch.no_grad():
        modulus = squared_modulus(E).sqrt()
        largest = modulus.flatten(2).amax(dim=2).reshape(*E.shape[:2], *[1] * (E.ndim - 2))
        return (modulus / largest.clamp_min(torch.finfo(modulus.dtype).tiny)).pow(alpha)


def focal_frequency_error(
    E: ImageSpectrum, weights: Float[Tensor, "B ch *half"], size: Sequence[int]
) -> PerImage:
    """Sum an error's power under the focal weights: sum of weights abs(E)^2 / N.

    With all weights 1 this is the squared error (Parseval), which bounds it from above.

    Args:
        E: half spectra of the errors, F(x - x_hat), (B, ch, *half).
        weights: one per frequency, (B, ch, *half).
        size: spatial size of the images in pixels, N = prod(size).

    Returns:
        The error, summed over channels and frequencies, (B,).

    Example:
        >>> from monai_blurvae.functional import half_spectrum
        >>> error = torch.randn(3, 2, 5, 4)
        >>> total = focal_frequency_error(half_spectrum(error, 2), torch.ones(3, 2, 5, 3), (5, 4))
        >>> torch.allclose(total, error.square().sum(dim=(1, 2, 3)))
        True
    """
    return full_spectrum_sum((squared_modulus(E) * weights).sum(dim=1), size) / torch.Size(size).numel()
