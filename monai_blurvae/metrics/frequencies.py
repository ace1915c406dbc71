"""Images and the data by frequency: sharpness, Fourier ring correlation, log spectra."""

import torch
from torch import Tensor
from typing_extensions import override

from monai_blurvae.functional import (
    fourier_ring_correlation,
    high_frequency_power,
    log_spectrum,
    ring_frequencies,
    taper,
)
from monai_blurvae.keys import Keys
from monai_blurvae.metrics.base import Output, PerImageMean, present

HIGH_FREQUENCY = 0.25
"""Frequencies above this count as high, in cycles per pixel."""
HALF = 0.5
"""A frequency counts as resolved down to this correlation."""


class Sharpness(PerImageMean):
    """Mean power above 0.25 cycles per pixel over the data's: 1 is as sharp as the data, 0 has no detail.

    Noise raises it as detail does; `RingCorrelation` tells them apart in reconstructions. Images are tapered
    first, because the jump between opposite borders is not detail.
    """

    @override
    def values(self, output: Output) -> Tensor:
        powers = [high_frequency_power(taper(images), HIGH_FREQUENCY) for images in self.pair(output)]
        return torch.stack(powers, dim=1)  # (B, 2)

    @override
    def result(self, mean: Tensor) -> float:
        return (mean[0] / mean[1]).item()


class _ByRing(PerImageMean):
    def correlation(self, output: Output) -> Tensor:
        # with the inputs, both tapered, in rings one pixel wide: (B, bins)
        images, inputs = self.pair(output)
        return fourier_ring_correlation(taper(images), taper(inputs), min(inputs.shape[2:]) // 2)


class RingCorrelation(_ByRing):
    """Mean Fourier ring correlation with the inputs from 0.25 cycles per pixel to Nyquist; 1 is best.

    Rings are one pixel wide in the spectrum of the smallest image axis and have equal weight. Images are
    tapered first.
    """

    @override
    def values(self, output: Output) -> Tensor:
        correlation = self.correlation(output)
        high = ring_frequencies(correlation.shape[1]).to(correlation.device) > HIGH_FREQUENCY
        return correlation[:, high].mean(dim=1)


class ResolvedFrequency(_ByRing):
    """Frequency at which the mean Fourier ring correlation with the inputs falls to 1/2, in cycles per pixel.

    It is interpolated linearly between the centres of the rings: 0.5 (Nyquist) if the correlation never falls
    to 1/2, and 0 if it starts below.

    References:
        Saxton, Baumeister, The correlation averaging of a regularly arranged bacterial cell envelope protein,
        Journal of Microscopy 1982.
    """

    @override
    def values(self, output: Output) -> Tensor:
        return self.correlation(output)

    @override
    def result(self, mean: Tensor) -> float:
        below = (mean < HALF).nonzero()
        if len(below) == 0:
            return 0.5
        after = int(below[0])
        if after == 0:
            return 0.0
        frequency = ring_frequencies(len(mean)).to(mean)
        step = (mean[after - 1] - HALF) / (mean[after - 1] - mean[after])
        return (frequency[after - 1] + step * (frequency[after] - frequency[after - 1])).item()


class MeanLogSpectrum(PerImageMean):
    """Mean over images and channels of log abs(F(image)), (*size), zero frequency in the centre."""

    default_key = Keys.IMAGE

    @override
    def values(self, output: Output) -> Tensor:
        images = present(output, self.key)
        spectrum = log_spectrum(images)  # the mean of the batch, in the place of each image's own
        return spectrum.expand(len(images), *spectrum.shape)

    @override
    def result(self, mean: Tensor) -> Tensor:
        return mean


class LogSpectrumDifference(PerImageMean):
    """Mean over frequencies and images of log abs(F(image)) minus the data's: negative if detail is lost."""

    per_image = False

    @override
    def values(self, output: Output) -> Tensor:
        images, inputs = self.pair(output)
        return (log_spectrum(images).mean() - log_spectrum(inputs).mean()).expand(len(images))
