"""The Wiener blur loss: a Gaussian likelihood that weighs frequencies by the blur kernel's Wiener filter."""

import math
from collections.abc import Sequence

from torch import Tensor

from monai_blurvae.functional import (
    POWER_FLOOR,
    ImageSpectrum,
    KernelSpectrum,
    check_determinant,
    check_wiener_constant,
    gaussian_kernel,
    half_log_determinant,
    half_spectrum,
    spectral_weighted_error,
    transfer_function,
    whitened_error,
    wiener_power,
)
from monai_blurvae.losses.base import check_same_shape
from monai_blurvae.losses.scaled import Energy, ScaledLikelihood
from monai_blurvae.shapes import Image, Kernel, PerImage

TABLE_6_EPSILON = 0.5
"""eps of the paper's table 6."""


class WienerBlurLoss(ScaledLikelihood):
    """The paper's likelihood: x | z ~ Normal(x_hat, s^2 Sigma), Sigma^-1 = W^T W, W the Wiener filter of k.

    Errors weigh the more, the more the kernel damps their frequency (down to abs(K)^2 = C, where the filter
    gives up): the network has to restore what the blur takes.

    Args:
        C: Wiener constant, positive.
        determinant: form of 1/2 log det Sigma in training: "omit", "epsilon" or "exact". With "omit" the term
            is a training objective, not a likelihood; `neg_log_likelihood` always takes the exact one.
        epsilon: eps of the epsilon form.
        detach_kernel: whether the kernel's gradient stops here; None stops it with "omit" alone.
        scale: s, positive, or "optimal" for the batch's s^2 = mean(q) / D.
        fixed_variance: variance in pixels squared of a fixed Gaussian kernel; None takes the kernel given.
        kernel_size: size in pixels of the fixed kernel, odd; needed with `fixed_variance` alone.
        floor: least weight abs(w)^2, positive. 1 / (1 + C)^2, the weight of what is not blurred, keeps Sigma
            well conditioned: its eigenvalues then stay within a ratio of (1 + C)^2 / (4 C).

    Raises:
        ValueError: If an argument is out of its range, or `fixed_variance` comes without `kernel_size`.

    References:
        Bredell et al., Explicitly Minimizing the Blur Error of Variational Autoencoders, ICLR 2023.

    Example:
        >>> import torch
        >>> x, delta = torch.ones(1, 1, 4, 4), torch.ones(1, 1, 1)
        >>> WienerBlurLoss(C=1.0).energy(0 * x, x, delta).error  # a delta kernel: squared error / (1 + C)^2
        tensor([4.])
    """

    def __init__(
        self,
        C: float = 0.025,
        determinant: str = "omit",
        epsilon: float = 0.5,
        detach_kernel: bool | None = None,
        scale: float | str = "optimal",
        fixed_variance: float | None = None,
        kernel_size: Sequence[int] | None = None,
        floor: float = POWER_FLOOR,
    ) -> None:
        super().__init__(scale)
        check_wiener_constant(C)
        check_determinant(determinant)
        if not 0 < floor < math.inf:
            raise ValueError(f"`floor` must be positive and finite, got {floor}")
        if fixed_variance is not None and kernel_size is None:
            raise ValueError("`kernel_size` must be given with `fixed_variance`, got None")
        self.C = C
        self.floor = floor
        self.determinant = determinant
        self.epsilon = epsilon
        self.detach_kernel = determinant == "omit" if detach_kernel is None else detach_kernel
        self.needs_kernel = self.needs_warmup = fixed_variance is None
        self.fixed_kernel: Tensor | None
        fixed = None
        if fixed_variance is not None and kernel_size is not None:
            fixed = gaussian_kernel(fixed_variance, kernel_size)
        self.register_buffer("fixed_kernel", fixed, persistent=False)

    def kernel_spectrum(self, kernel: Kernel | None, batch_size: int, size: Sequence[int]) -> KernelSpectrum:
        """Transform the kernel that the likelihood uses: the one given, or the fixed one.

        Args:
            kernel: one blur kernel an image, (B, *kernel); ignored where the kernel is fixed.
            batch_size: number of images, B.
            size: spatial size of the images in pixels.

        Returns:
            K on the half spectrum, (B, *half), zero frequency first.

        Raises:
            ValueError: If a kernel is needed and missing, or does not fit into the image.
        """
        if self.fixed_kernel is not None:
            K = transfer_function(self.fixed_kernel[None], size)
            return K.expand(batch_size, *K.shape[1:])
        if kernel is None:
            raise ValueError("`kernel` must be given unless `fixed_variance` is set, got None")
        return transfer_function(kernel, size)

    def energy_from_spectra(
        self,
        X_hat: ImageSpectrum,
        X: ImageSpectrum,
        K: KernelSpectrum,
        size: Sequence[int],
    ) -> Energy:
        """Compute what `energy` does from transforms that are already there.

        Args:
            X_hat: half spectra F(x_hat) of the reconstructions, (B, ch, *half).
            X: half spectra F(x) of the images, (B, ch, *half).
            K: transfer functions of the kernels, (B, *half).
            size: spatial size of the images in pixels.

        Returns:
            Weighted error q and half the log-determinant, each (B,).
        """
        if self.detach_kernel:
            K = K.detach()
        return self._energy(X - X_hat, K, size, self.determinant, self.epsilon)

    def energy(self, x_hat: Image, x: Image, kernel: Kernel | None = None) -> Energy:
        """Compute the weighted error and the determinant that training minimises.

        Args:
            x_hat: reconstructions, (B, ch, *size).
            x: images, (B, ch, *size).
            kernel: one blur kernel an image, (B, *kernel); ignored where the kernel is fixed.

        Returns:
            Weighted error q and half the log-determinant, each (B,).
        """
        return self.energy_from_spectra(*self._spectra(x_hat, x, kernel), x.shape[2:])

    def likelihood_energy(self, x_hat: Image, x: Image, kernel: Kernel | None = None) -> Energy:
        """Compute the weighted error and the exact determinant.

        Args:
            x_hat: reconstructions, (B, ch, *size).
            x: images, (B, ch, *size).
            kernel: one blur kernel an image, (B, *kernel); ignored where the kernel is fixed.

        Returns:
            Weighted error q and half the log-determinant, each (B,).
        """
        X_hat, X, K = self._spectra(x_hat, x, kernel)
        return self._energy(X - X_hat, K, x.shape[2:], "exact", self.epsilon)

    def error_map(self, x_hat: Image, x: Image, kernel: Kernel | None = None) -> Image:
        """Filter the error by abs(w), and square.

        Args:
            x_hat: reconstructions, (B, ch, *size).
            x: images, (B, ch, *size).
            kernel: one blur kernel an image, (B, *kernel); ignored where the kernel is fixed.

        Returns:
            (abs(w) (x - x_hat))^2, (B, ch, *size).
        """
        X_hat, X, K = self._spectra(x_hat, x, kernel)
        return whitened_error(X - X_hat, wiener_power(K, self.C, self.floor), x.shape[2:]).square()

    def table6_bound(self, x_hat: Image, x: Image, kernel: Kernel | None = None) -> PerImage:
        """Compute the paper's table 6 figure without the KL: q / 2 + 1/2 log det, eps = 0.5, s = 1, no 2 pi.

        No bound, in spite of its name: the epsilon form is not the determinant of the weights in q.

        Args:
            x_hat: reconstructions, (B, ch, *size).
            x: images, (B, ch, *size).
            kernel: one blur kernel an image, (B, *kernel); ignored where the kernel is fixed.

        Returns:
            The figure, (B,).
        """
        check_same_shape(x_hat, x)
        X_hat, X, K = self._spectra(x_hat, x, kernel)
        q, half_log_det = self._energy(X - X_hat, K, x.shape[2:], "epsilon", TABLE_6_EPSILON)
        return half_log_det + q / 2

    def _spectra(
        self, x_hat: Image, x: Image, kernel: Kernel | None
    ) -> tuple[ImageSpectrum, ImageSpectrum, KernelSpectrum]:
        """Transform what `energy` receives.

        Args:
            x_hat: reconstructions, (B, ch, *size).
            x: images, (B, ch, *size).
            kernel: one blur kernel an image, (B, *kernel), or None.

        Returns:
            X_hat and X, each (B, ch, *half), and K, (B, *half).
        """
        size = x.shape[2:]
        X_hat, X = half_spectrum(x_hat, len(size)), half_spectrum(x, len(size))
        return X_hat, X, self.kernel_spectrum(kernel, len(x), size)

    def _energy(
        self,
        E: ImageSpectrum,
        K: KernelSpectrum,
        size: Sequence[int],
        determinant: str,
        epsilon: float,
    ) -> Energy:
        """Weigh the error's spectrum, and take the determinant in the form asked for.

        Args:
            E: half spectra of the errors, (B, ch, *half).
            K: transfer functions of the kernels, (B, *half).
            size: spatial size of the images in pixels.
            determinant: form of the determinant.
            epsilon: eps of the epsilon form.

        Returns:
            Weighted error q and half the log-determinant, each (B,).
        """
        error = spectral_weighted_error(E, wiener_power(K, self.C, self.floor), size)
        half_log_det = half_log_determinant(
            K, self.C, size, E.shape[1], determinant, epsilon, floor=self.floor
        )
        return Energy(error, half_log_det)
