"""The paper's figure 6 in numbers: mean log spectra and their difference to the data's."""

from torch import Tensor

from monai_blurvae.functional import log_spectrum
from monai_blurvae.keys import Keys
from monai_blurvae.metrics.per_image import PerImageMean, present
from monai_blurvae.metrics.whole_output import Output


class MeanLogSpectrum(PerImageMean):
    """Mean over images and channels of log abs(F(image)), (*size) with the zero frequency in the centre.

    Args:
        key: which images: `Keys.IMAGE`, `Keys.RECONSTRUCTION` or `Keys.SAMPLES`.
    """

    def __init__(self, key: str = Keys.IMAGE) -> None:
        self.key = key
        super().__init__()

    def values(self, output: Output) -> Tensor:
        """Measure a batch.

        Args:
            output: the evaluator's output.

        Returns:
            The batch's mean spectrum in each image's place, whose sum is that of the images' own, (B, *size).
        """
        image = present(output, self.key)
        spectrum = log_spectrum(image)
        return spectrum.expand(len(image), *spectrum.shape)

    def result(self, mean: Tensor) -> Tensor:
        """Give the spectrum itself.

        Args:
            mean: the mean spectrum, (*size).

        Returns:
            The same.
        """
        return mean


class LogSpectrumDifference(PerImageMean):
    """Mean over frequencies and images of log abs(F(image)) minus the data's: negative where detail is lost.

    Args:
        key: which images: `Keys.RECONSTRUCTION` or `Keys.SAMPLES`.
    """

    per_image = False

    def __init__(self, key: str = Keys.RECONSTRUCTION) -> None:
        self.key = key
        super().__init__()

    def values(self, output: Output) -> Tensor:
        """Measure a batch.

        Args:
            output: the evaluator's output.

        Returns:
            The batch's mean difference in each image's place, (B,).
        """
        image = present(output, Keys.IMAGE)
        difference = log_spectrum(present(output, self.key)).mean() - log_spectrum(image).mean()
        return difference.expand(len(image))
