"""PSNR and SSIM of reconstructions: MONAI's metrics, on [0, 1]."""

from collections.abc import Callable, Mapping

from monai.handlers import IgniteMetricHandler, PeakSignalToNoiseRatio
from monai.metrics import SSIMMetric
from torch import Tensor

from monai_blurvae.keys import Keys


def on_unit_range(key: str) -> Callable[[Mapping[str, Tensor]], tuple[Tensor, Tensor]]:
    """Make the transform that gives MONAI's metrics their pair of images.

    Args:
        key: which images to compare with the inputs.

    Returns:
        Function of an evaluator's output: the images and the inputs, (B, ch, *size), from [-1, 1] to [0, 1].
    """

    def pair(output: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        return (output[key].float() + 1) / 2, (output[Keys.IMAGE].float() + 1) / 2

    return pair


def psnr(key: str = Keys.RECONSTRUCTION) -> PeakSignalToNoiseRatio:
    """Make the mean peak signal-to-noise ratio over images, in dB: -10 log10 of the mean square on [0, 1].

    Args:
        key: which images to compare with the inputs.

    Returns:
        MONAI's metric.
    """
    return PeakSignalToNoiseRatio(max_val=1.0, output_transform=on_unit_range(key), save_details=False)


def ssim(spatial_dims: int = 2, key: str = Keys.RECONSTRUCTION) -> IgniteMetricHandler:
    """Make the mean structural similarity over images: Gaussian windows of 11 pixels, sigma 1.5 pixels.

    Args:
        spatial_dims: 2 or 3.
        key: which images to compare with the inputs.

    Returns:
        MONAI's metric.
    """
    metric = SSIMMetric(spatial_dims=spatial_dims, data_range=1.0)
    return IgniteMetricHandler(metric_fn=metric, output_transform=on_unit_range(key), save_details=False)
