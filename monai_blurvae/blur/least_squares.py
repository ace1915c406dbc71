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
        kernel_size: size of the kernel in pixels, one odd number per spatial axis, or one for all axes.
        ridge: share of the mean diagonal that is added to it, positive.

    Raises:
        ValueError: If a size is even, or the ridge is not positive.
    """

    depends_on_image = True

    def __init__(self, kernel_size: int | Sequence[int] = 11, ridge: float = 1e-3) -> None:
        super().__init__()
        check_odd((kernel_size,) if isinstance(kernel_size, int) else kernel_size, "kernel_size")
        check_positive(ridge=ridge)
        self.kernel_size = kernel_size if isinstance(kernel_size, int) else tuple(kernel_size)
        self.ridge = ridge

    def forward(
        self, x: Image, x_hat: Image, z: Code | None = None, spectra: Spectra | None = None
    ) -> KernelSpectrum:
        """See `BlurSource`."""
        del z, spectra
        size = x.shape[2:]
        kernel_size = (
            (self.kernel_size,) * len(size) if isinstance(self.kernel_size, int) else self.kernel_size
        )
        return transfer_function(least_squares_kernel(x, x_hat, kernel_size, self.ridge), size)

    def default_floor(self, C: float) -> float:
        """See `BlurSource`: the weight of a frequency that is not blurred."""
        return weight_of_the_unblurred(C)
