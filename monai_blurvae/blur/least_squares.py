"""The blur of each image, solved in closed form."""

from collections.abc import Sequence

from monai_blurvae.blur.base import BlurSource, Spectra, weight_of_the_unblurred
from monai_blurvae.checks import check_positive
from monai_blurvae.functional import KernelSpectrum, check_odd, least_squares_kernel, transfer_function
from monai_blurvae.shapes import Code, Image


class LeastSquaresBlur(BlurSource):
    """K = F(k), with k the kernel that minimises || x (*) k - x_hat ||^2 off the borders (equation 9).

    It solves one linear system of prod(kernel_size) unknowns per image, so it is for small kernels. k depends
    on the image: the Wiener term is an objective, not a likelihood.

    Args:
        kernel_size: size of the kernel in pixels, one odd number per spatial axis.
        ridge: share of the mean diagonal that is added to it, positive.

    Raises:
        ValueError: If a size is even, or the ridge is not positive.
    """

    depends_on_image = True

    def __init__(self, kernel_size: Sequence[int] = (11, 11), ridge: float = 1e-3) -> None:
        super().__init__()
        check_odd(kernel_size, "kernel_size")
        check_positive(ridge=ridge)
        self.kernel_size = tuple(kernel_size)
        self.ridge = ridge

    def forward(
        self, x: Image, x_hat: Image, z: Code | None = None, spectra: Spectra | None = None
    ) -> KernelSpectrum:
        """See `BlurSource`."""
        del z, spectra
        return transfer_function(least_squares_kernel(x, x_hat, self.kernel_size, self.ridge), x.shape[2:])

    def default_floor(self, C: float) -> float:
        """See `BlurSource`: the weight of a frequency that is not blurred."""
        return weight_of_the_unblurred(C)
