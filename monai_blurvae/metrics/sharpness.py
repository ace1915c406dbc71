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
from monai_blurvae.metrics.per_image import PerImageMean, present
from monai_blurvae.metrics.whole_output import Output

HIGH_FREQUENCY = 0.25
"""Frequencies above this count as high, in cycles per pixel."""
HALF = 0.5
"""Correlation down to which a frequency counts as resolved."""


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
        correlation = _correlation_by_ring(output, self.key)
        high = ring_frequencies(correlation.shape[1]).to(correlation.device) > HIGH_FREQUENCY
        return correlation[:, high].mean(dim=1)


class ResolvedFrequency(PerImageMean):
    """Frequency at which the mean Fourier ring correlation with the inputs falls to 1/2, in cycles per pixel.

    Up to there reconstructions hold the inputs' detail; at most 0.5, Nyquist. Images are tapered first.

    Args:
        key: which images to compare with the inputs.

    References:
        Saxton, Baumeister, The correlation averaging of a regularly arranged bacterial cell envelope protein,
        Journal of Microscopy 1982.
    """

    def __init__(self, key: str = Keys.RECONSTRUCTION) -> None:
        self.key = key
        super().__init__()

    def values(self, output: Output) -> Tensor:
        """Measure each image's correlation ring by ring.

        Args:
            output: the evaluator's output.

        Returns:
            Correlations in [-1, 1], (B, bins).
        """
        return _correlation_by_ring(output, self.key)

    def result(self, mean: Tensor) -> float:
        """Find the first crossing of 1/2, linear between the rings' centres.

        Args:
            mean: mean correlation of each ring, (bins,).

        Returns:
            The frequency; 0.5 where the correlation never falls to 1/2, 0 where it starts below.
        """
        below = (mean < HALF).nonzero()
        if len(below) == 0:
            return 0.5
        after = int(below[0])
        if after == 0:
            return 0.0
        frequency = ring_frequencies(len(mean)).to(mean)
        step = (mean[after - 1] - HALF) / (mean[after - 1] - mean[after])
        return (frequency[after - 1] + step * (frequency[after] - frequency[after - 1])).item()


def _correlation_by_ring(output: Output, key: str) -> Tensor:
    """Correlate images with the inputs, both tapered, in rings of one pixel.

    Args:
        output: the evaluator's output.
        key: which images to compare with the inputs.

    Returns:
        Correlations, (B, bins).
    """
    image = present(output, Keys.IMAGE)
    return fourier_ring_correlation(taper(present(output, key)), taper(image), min(image.shape[2:]) // 2)
