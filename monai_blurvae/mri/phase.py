"""The smooth phase of a complex image."""

import torch
from torch import Tensor


def smooth_phase(x: Tensor, width: float = 8.0) -> Tensor:
    """Estimate the phase that varies slowly: that of the image behind a Gaussian low-pass filter.

    Args:
        x: complex images, (B, 1, H, W).
        width: standard deviation of the filter in samples of k-space, positive.

    Returns:
        Phase in radians, (B, 1, H, W), 0 where the filtered image is 0.

    Raises:
        ValueError: If the images are real or the width is not positive.

    Example:
        >>> smooth_phase(torch.full((1, 1, 4, 4), 1j))[0, 0, 0, 0] / torch.pi
        tensor(0.5000)
    """
    if not x.is_complex():
        raise ValueError(f"`x` must be complex, got {x.dtype}")
    if not width > 0:
        raise ValueError(f"`width` must be positive, got {width}")
    rows, columns = (
        torch.fft.fftfreq(side, 1 / side, dtype=x.real.dtype, device=x.device) for side in x.shape[2:]
    )
    window = (-(rows[:, None] ** 2 + columns**2) / (2 * width**2)).exp()
    smooth: Tensor = torch.fft.ifft2(torch.fft.fft2(x) * window)
    return smooth.angle()
