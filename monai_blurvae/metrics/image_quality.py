"""PSNR and SSIM of reconstructions: MONAI's metrics, on [0, 1]."""

from monai.metrics import CumulativeIterationMetric, PSNRMetric, SSIMMetric
from torch import Tensor

from monai_blurvae.keys import Keys
from monai_blurvae.metrics.per_image import PerImageMean, present
from monai_blurvae.metrics.whole_output import Output


class ImageQuality(PerImageMean):
    """Mean over images of one of MONAI's comparisons of images with the inputs.

    Args:
        comparison: MONAI's metric of two batches on [0, 1].
        key: which images to compare with the inputs.
    """

    def __init__(self, comparison: CumulativeIterationMetric, key: str = Keys.RECONSTRUCTION) -> None:
        self.comparison = comparison
        self.key = key
        super().__init__()

    def values(self, output: Output) -> Tensor:
        """Compare each image.

        Args:
            output: the evaluator's output.

        Returns:
            Values, (B,).
        """
        images, inputs = ((present(output, key).float() + 1) / 2 for key in (self.key, Keys.IMAGE))
        values: Tensor = self.comparison(images, inputs)
        self.comparison.reset()
        return values.flatten()


def psnr(key: str = Keys.RECONSTRUCTION) -> ImageQuality:
    """Make the mean peak signal-to-noise ratio over images, in dB: -10 log10 of the mean square on [0, 1].

    Args:
        key: which images to compare with the inputs.

    Returns:
        The metric.
    """
    return ImageQuality(PSNRMetric(max_val=1.0), key)


def ssim(spatial_dims: int = 2, key: str = Keys.RECONSTRUCTION) -> ImageQuality:
    """Make the mean structural similarity over images: Gaussian windows of 11 pixels, sigma 1.5 pixels.

    Args:
        spatial_dims: 2 or 3.
        key: which images to compare with the inputs.

    Returns:
        The metric.
    """
    return ImageQuality(SSIMMetric(spatial_dims=spatial_dims, data_range=1.0), key)
