"""How sharp images are, against the data: power at high frequencies, and whether it is the right power."""

import torch
from torch import Tensor

from monai_blurvae.functional import (
    fourier_ring_correlation,
    high_frequency_power,
    ring_frequencies,
    taper,
)
from monai_blurvae.keys import Keys
from monai_blurvae.metrics.per_image import Output, PerImageMean, present

HIGH_FREQUENCY = 0.25
"""Frequencies above this count as high, in cycles per pixel."""


class Sharpness(PerImageMean):
    """Mean power above 0.25 cycles per pixel over the data's: 1 is as sharp as the data, 0 has no detail.

    Noise raises it as detail does; `RingCorrelation` tells them apart in reconstructions. Images are tapered
    first: the jump between opposite borders, which any blurred patch keeps, is no detail.

    Args:
        key: which images to measure: `Keys.RECONSTRUCTION` or `Keys.SAMPLES`.
    """

    def __init__(self, key: str = Keys.RECONSTRUCTION) -> None:
        self.key = key
        super().__init__()

    def values(self, output: Output) -> Tensor:
        """Measure each image's high-frequency power.

        Args:
            output: the evaluator's output.

        Returns:
            Power of the measured images and of the data, (B, 2).
        """
        pair = present(output, self.key), present(output, Keys.IMAGE)
        return torch.stack([high_frequency_power(taper(image), HIGH_FREQUENCY) for image in pair], dim=1)

    def result(self, mean: Tensor) -> float:
        """Divide the two powers.

        Args:
            mean: mean power of the measured images and of the data, (2,).

        Returns:
            Their ratio.
        """
        return (mean[0] / mean[1]).item()


class RingCorrelation(PerImageMean):
    """Mean Fourier ring correlation with the inputs from 0.25 cycles per pixel to Nyquist, 1 at best.

    Rings are one pixel wide in the spectrum of the smallest image axis, and count alike. Images are tapered.

    Args:
        key: which images to compare with the inputs.
    """

    def __init__(self, key: str = Keys.RECONSTRUCTION) -> None:
        self.key = key
        super().__init__()

    def values(self, output: Output) -> Tensor:
        """Measure each image's correlation.

        Args:
            output: the evaluator's output.

        Returns:
            Correlations in [-1, 1], (B,).
        """
        image = present(output, Keys.IMAGE)
        bins = min(image.shape[2:]) // 2
        correlation = fourier_ring_correlation(taper(present(output, self.key)), taper(image), bins)
        high = ring_frequencies(bins).to(image.device) > HIGH_FREQUENCY
        return correlation[:, high].mean(dim=1)
