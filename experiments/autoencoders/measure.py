"""What a trained autoencoder is measured by."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

import torch
from ignite.engine import Events
from monai.metrics import MultiScaleSSIMMetric
from torch import Tensor
from typing_extensions import override

from experiments.autoencoders.judge import JUDGE, JudgedDistance, judge
from monai_blurvae.functional import fourier_ring_correlation, radial_power, ring_frequencies, taper
from monai_blurvae.keys import Keys
from monai_blurvae.metrics import (
    ImageQuality,
    KLDivergence,
    PerImageMean,
    ResolvedFrequency,
    psnr,
    ssim,
)
from monai_blurvae.metrics.base import Output
from monai_blurvae.networks import LatentModel
from monai_blurvae.training import VAEEvaluator

BANDS = (0.0, 0.125, 0.25, 0.375, 0.5)
"""Borders of the frequency bands, in cycles per pixel."""
MS_SSIM_WEIGHTS = (0.0448, 0.2856, 0.3001)
"""Of the three finest of the usual five scales, divided by their sum: 64 pixels hold no more."""


class BandGain(PerImageMean):
    """Power of the tapered reconstructions over the data's in each band: 1 is as sharp as the data."""

    @override
    def values(self, output: Output) -> Tensor:
        powers = [_by_band(radial_power(taper(images), _bins(images))) for images in self.pair(output)]
        return torch.stack(powers, dim=1)  # (B, 2, bands)

    @override
    def result(self, mean: Tensor) -> Tensor:
        return mean[0] / mean[1]


class BandCorrelation(PerImageMean):
    """Mean Fourier ring (shell) correlation of the tapered reconstructions and the data in each band."""

    @override
    def values(self, output: Output) -> Tensor:
        images, inputs = self.pair(output)
        return _by_band(fourier_ring_correlation(taper(images), taper(inputs), _bins(inputs)))

    @override
    def result(self, mean: Tensor) -> Tensor:
        return mean


class ResolvedByDirection(PerImageMean):
    """Resolved frequency of volumes along the slice axis, and within slices.

    Shell correlation of the frequencies within 45 degrees of the slice axis, and of the others.
    """

    @override
    def values(self, output: Output) -> Tensor:
        images, inputs = map(taper, self.pair(output))
        steep = _is_steep(images)
        pairs = [(_kept(images, mask), _kept(inputs, mask)) for mask in (steep, ~steep)]
        return torch.stack([fourier_ring_correlation(*pair, _bins(inputs)) for pair in pairs], dim=1)

    @override
    def result(self, mean: Tensor) -> Tensor:
        mean[:, 0] = 1.0  # the mean of a volume has no direction
        return torch.tensor([ResolvedFrequency().result(correlation) for correlation in mean])


def _is_steep(volumes: Tensor) -> Tensor:
    """Tell which frequencies of the half spectrum are nearer to the slice axis than to the slices' plane."""
    slices, rows, columns = volumes.shape[2:]
    axes = [torch.fft.fftfreq(slices), torch.fft.fftfreq(rows), torch.fft.rfftfreq(columns)]
    across, down, right = torch.meshgrid(*(axis.to(volumes.device) for axis in axes), indexing="ij")
    steep: Tensor = across.abs() > torch.hypot(down, right)
    return steep


def _kept(volumes: Tensor, mask: Tensor) -> Tensor:
    kept: Tensor = torch.fft.irfftn(
        torch.fft.rfftn(volumes, dim=(2, 3, 4)) * mask, volumes.shape[2:], dim=(2, 3, 4)
    )
    return kept


def _bins(images: Tensor) -> int:
    return min(images.shape[2:]) // 2


def _by_band(values: Tensor) -> Tensor:
    frequencies = ring_frequencies(values.shape[1]).to(values.device)
    inside = [(frequencies > low) & (frequencies <= high) for low, high in pairwise(BANDS)]
    return torch.stack([values[:, band].mean(dim=1) for band in inside], dim=1)


def measures(
    model: LatentModel, batches: Iterable[Mapping[str, Any]], device: torch.device
) -> dict[str, float | list[float]]:
    """Measure the reconstructions from mu, and the rate."""
    scales = MS_SSIM_WEIGHTS if model.image_size >= 64 else MS_SSIM_WEIGHTS[:2]
    weights = tuple(weight / sum(scales) for weight in scales)
    metrics: dict[str, PerImageMean] = {
        "psnr": psnr(),
        "ssim": ssim(model.spatial_dims),
        "kl": KLDivergence(),
        "resolved_frequency": ResolvedFrequency(),
        "ring_correlation_by_band": BandCorrelation(),
        "gain_by_band": BandGain(),
    }
    if model.spatial_dims == 2:
        multi_scale = MultiScaleSSIMMetric(2, data_range=1.0, weights=weights)
        metrics["ms_ssim"] = ImageQuality(multi_scale)
        distance = judge()
        if distance is not None:
            metrics[f"{JUDGE}_distance"] = JudgedDistance(distance)
    else:
        metrics["resolved_across_and_within_slices"] = ResolvedByDirection()
    evaluator = VAEEvaluator(device, batches, model, key_val_metric=metrics)
    found: dict[str, float | list[float]] = {}

    def keep() -> None:
        found.update(
            {
                name: value.tolist() if isinstance(value, Tensor) else float(value)
                for name, value in evaluator.state.metrics.items()
            }
        )

    evaluator.add_event_handler(Events.COMPLETED, keep)
    evaluator.run()
    return found


def reconstruct(model: LatentModel, images: Tensor, batch_size: int = 64) -> Tensor:
    """Reconstruct images from mu, in evaluation mode, on the model's device; the result is on the CPU."""
    model.eval()
    device = next(iter(model.parameters()), images).device
    with torch.no_grad():
        parts = [
            model.decode(model.encode(part.to(device))[0]).cpu() for part in torch.split(images, batch_size)
        ]
    return torch.cat(parts)


def first_images(batches: Iterable[Mapping[str, Tensor]], number: int) -> Tensor:
    """Take the first images of the fixed test batches, (number, ch, *size)."""
    taken: list[Tensor] = []
    for batch in batches:
        taken.append(batch[Keys.IMAGE])
        if sum(map(len, taken)) >= number:
            break
    return torch.cat(taken)[:number]
