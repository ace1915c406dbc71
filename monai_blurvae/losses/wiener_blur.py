"""The Wiener blur loss: a Gaussian whose precision is the Wiener filter of the reconstruction's blur."""

from collections.abc import Sequence

import torch

from monai_blurvae.blur import SOURCES, BlurSettings, BlurSource, NetworkBlur, Spectra
from monai_blurvae.checks import check_at_least, check_positive
from monai_blurvae.functional import (
    KernelSpectrum,
    Weights,
    check_determinant,
    half_log_determinant,
    spectral_weighted_error,
    wiener_power,
)
from monai_blurvae.losses.base import Terms, check_same_shape
from monai_blurvae.losses.scaled import Energy, GaussianLikelihood, squared_error
from monai_blurvae.shapes import Code, Image, PerImage

TABLE_6_EPSILON = 0.5
"""eps of the paper's table 6."""


class WienerBlurLoss(GaussianLikelihood):
    """x | z ~ Normal(x_hat, s^2 Sigma), Sigma^-1 = W^T W, W the Wiener filter of the blur K.

    The more the blur damps a frequency, the larger the weight of its errors, down to abs(K)^2 = C. So the
    network has to restore what the blur removes.

    With the measured blur, the default, it needs no second network and no latent:
    `WienerBlurLoss()(reconstruction, image)`. With the blur of the paper, "network", it needs the latents and
    a model with a kernel network.

    Args:
        blur: where K comes from: "measured", "network", "least_squares" (a kernel of 11 pixels along every
            axis), "fixed" (a Gaussian of variance 2, as large), or a `BlurSource`.
        C: Wiener constant, positive; the largest weight is 1 / (4 C). None: the source's own, 0.05 for
            "measured" and the paper's 0.025 for other sources.
        determinant: form of 1/2 log det Sigma in training: "omit", "epsilon" or "exact". With "omit" the term
            is a training objective, not a likelihood; `neg_log_likelihood` always takes the exact one.
        epsilon: eps of the epsilon form, not negative.
        scale: s, positive, or "optimal" for the batch's s^2 = mean(q) / D.
        floor: least weight abs(w)^2, positive. None: the source's own, which is 1 / (1 + C)^2 for "measured"
            and "least_squares", and 1e-8 for other sources. 1 / (1 + C)^2 is the weight of a frequency
            that is not blurred: the eigenvalues of Sigma then stay within a ratio of (1 + C)^2 / (4 C).
        reduction: "mean" or "sum" over the images of a batch, or "none".

    Raises:
        ValueError: If an argument is out of its range or unknown.

    References:
        Bredell et al., Explicitly Minimizing the Blur Error of Variational Autoencoders, ICLR 2023.

    Example:
        >>> from monai_blurvae.blur import FixedBlur
        >>> x, delta = torch.ones(1, 1, 4, 4), FixedBlur(torch.ones(1, 1))
        >>> WienerBlurLoss(delta, C=1.0).energy(0 * x, x).error  # no blur: squared error / (1 + C)^2
        tensor([4.])
    """

    def __init__(
        self,
        blur: BlurSource | str = "measured",
        C: float | None = None,
        determinant: str = "omit",
        epsilon: float = 0.5,
        scale: float | str = "optimal",
        floor: float | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(scale, reduction)
        check_at_least(0, epsilon=epsilon)
        check_determinant(determinant)
        if isinstance(blur, str) and blur in SOURCES:
            blur = SOURCES[blur](BlurSettings())
        if not isinstance(blur, BlurSource):
            raise ValueError(f"`blur` must be a source or one of {', '.join(SOURCES)}, got {blur!r}")
        C = blur.default_constant if C is None else C
        check_positive(C=C)
        floor = blur.default_floor(C) if floor is None else floor
        check_positive(floor=floor)
        self.blur = blur
        self.C = C
        self.floor = floor
        self.determinant = determinant
        self.epsilon = epsilon
        self.needs_latent = blur.needs_latent
        self.needs_kernel_net = isinstance(blur, NetworkBlur)
        self.needs_warmup = blur.needs_warmup
        self.is_likelihood = not blur.depends_on_image

    def precision(self, K: KernelSpectrum) -> Weights:
        """Give the eigenvalues of Sigma^-1 for given transfer functions.

        Args:
            K: transfer functions, (B or 1, *half).

        Returns:
            abs(w)^2, (B or 1, *half).
        """
        return wiener_power(K, self.C, self.floor)

    def weights(self, size: Sequence[int], z: Code | None = None) -> Weights:
        """See `GaussianLikelihood`."""
        return self.precision(self.blur.transfer_function(size, z))

    def terms(self, input: Image, target: Image, z: Code | None = None, warming_up: bool = False) -> Terms:
        """See `ReconstructionLoss`. In training mode the source takes in the batch, also in the warm-up."""
        check_same_shape(input, target)
        size = target.shape[2:]
        spectra = Spectra.of(target, input)
        K, kernel_error, kernel = self.blur.with_step(target, input, z, spectra)
        if warming_up:
            energy = squared_error(input, target)
        else:
            energy = self._energy(spectra, K, size, self.determinant, self.epsilon)
        scaled = self._scaled(energy, target[0].numel())
        if self.training and torch.is_grad_enabled():  # a validation without gradients is no training
            self.blur.observe(spectra, size)
        return Terms(scaled.nll, scaled.scale, kernel_error, kernel)

    def energy(self, input: Image, target: Image, z: Code | None = None) -> Energy:
        """See `ScaledLikelihood`. The source does not take the batch in."""
        spectra = Spectra.of(target, input)
        K = self.blur(target, input, z, spectra)
        return self._energy(spectra, K, target.shape[2:], self.determinant, self.epsilon)

    def table6_bound(self, input: Image, target: Image, z: Code | None = None) -> PerImage:
        """Compute the paper's table 6 figure without the KL: q / 2 + 1/2 log det, eps = 0.5, s = 1, no 2 pi.

        In spite of its name it bounds nothing: the epsilon form is not the determinant of the weights in q.

        Args:
            input: reconstructions x_hat, (B, ch, *size).
            target: images x, (B, ch, *size).
            z: latents, (B, *latent), for a blur that needs them.

        Returns:
            The figure, (B,).
        """
        check_same_shape(input, target)
        spectra = Spectra.of(target, input)
        K = self.blur(target, input, z, spectra)
        q, half_log_det = self._energy(spectra, K, target.shape[2:], "epsilon", TABLE_6_EPSILON)
        return half_log_det + q / 2

    def _energy(
        self, spectra: Spectra, K: KernelSpectrum, size: Sequence[int], determinant: str, epsilon: float
    ) -> Energy:
        """Weigh the error's spectrum, and take the determinant in the form asked for."""
        E, weights = spectra.X - spectra.X_hat, self.precision(K)
        if determinant == "exact":
            return self.weighted_energy(E, weights, size)
        q = spectral_weighted_error(E, weights, size)
        h = half_log_determinant(K, self.C, size, E.shape[1], determinant, epsilon, self.floor)
        return Energy(q, h.expand(len(q)))
