"""What is minimised at an epoch: the reconstruction term, identity covariance while warming up, and beta."""

from torch import Tensor

from monai_blurvae.functional.blur import spectral_blur_error, valid_blur_error
from monai_blurvae.functional.fourier import half_spectrum, transfer_function
from monai_blurvae.functional.gaussian import kl_divergence
from monai_blurvae.functional.likelihood import negative_log_likelihood
from monai_blurvae.functional.precision import at_least_float32
from monai_blurvae.keys import Keys
from monai_blurvae.losses import (
    Energy,
    L2Loss,
    ReconstructionLoss,
    ScaledLikelihood,
    WienerBlurLoss,
    negative_elbo,
)
from monai_blurvae.networks import Parts


class Objective:
    """The terms of one batch: -log p(x|z) + beta * KL for the VAE, the blur error for the kernel network.

    While the decoder's mean is not yet a blurred version of its input, the Wiener weights mean nothing: for
    the first `warmup_epochs` epochs Sigma is (s^2 times) the identity, and the kernel network already trains.

    Args:
        loss: reconstruction term, `loss(x_hat, x, kernel) -> (B,)`.
        beta: weight of the KL divergence; 1 is the evidence lower bound.
        warmup_epochs: epochs with identity covariance, for a loss that needs them.
        kernel_fit: "circular" fits the kernel over the whole image, as printed; "valid" off the borders.

    Raises:
        ValueError: `beta` or `warmup_epochs` is negative, or `kernel_fit` unknown.

    References:
        Bredell et al., Explicitly Minimizing the Blur Error of VAEs, ICLR 2023, section 4.2.
    """

    def __init__(
        self,
        loss: ReconstructionLoss,
        beta: float = 1.0,
        warmup_epochs: int = 0,
        kernel_fit: str = "circular",
    ) -> None:
        if kernel_fit not in {"circular", "valid"}:
            raise ValueError(f'`kernel_fit` must be "circular" or "valid", got {kernel_fit!r}.')
        if not isinstance(beta, int | float) or not beta >= 0:
            raise ValueError(f"`beta` must be a number of at least 0, got {beta!r}.")
        if warmup_epochs < 0:
            raise ValueError(f"`warmup_epochs` must be at least 0, got {warmup_epochs!r}.")
        self.loss = loss
        self.beta = beta
        self.kernel_fit = kernel_fit
        self.warmup_epochs = warmup_epochs if loss.needs_warmup else 0
        self.warmup_loss = L2Loss(scale=loss.scale if isinstance(loss, ScaledLikelihood) else "optimal")

    @property
    def attach_kernel(self) -> bool:
        """Whether the reconstruction term's gradient flows through the kernel into z."""
        return (
            isinstance(self.loss, WienerBlurLoss) and self.loss.needs_kernel and not self.loss.detach_kernel
        )

    def is_warming_up(self, epoch: int) -> bool:
        """Tell whether Sigma is the identity in this epoch (epochs count from 1).

        Args:
            epoch: epoch, from 1.

        Returns:
            True for the first `warmup_epochs` epochs.
        """
        return epoch <= self.warmup_epochs

    def __call__(self, parts: Parts, image: Tensor, epoch: int) -> dict[Keys, Tensor]:
        """Compute every term of a batch from one forward pass and one set of Fourier transforms.

        Args:
            parts: the network's outputs for this batch.
            image: input x, (B, ch, *size) in [-1, 1].
            epoch: epoch, from 1.

        Returns:
            Scalars, batch means: `Keys.LOSS`, `Keys.NLL` and `Keys.KL` with a gradient to encoder and decoder
            alone, `Keys.KERNEL_ERROR` (with a kernel network) with a gradient to the kernel network alone,
            `Keys.SCALE` for scaled likelihoods without a gradient.

        """
        x, x_hat = at_least_float32(image), at_least_float32(parts.x_hat)
        size, dimensions = x.shape[2:], x[0].numel()
        loss = self.warmup_loss if self.is_warming_up(epoch) else self.loss
        terms: dict[Keys, Tensor] = {}
        energy: Energy | None = None
        if parts.kernel is not None and parts.frozen_kernel is not None:
            X, X_hat = half_spectrum(x, len(size)), half_spectrum(x_hat, len(size))
            K = transfer_function(parts.kernel, size)
            if self.kernel_fit == "circular":
                kernel_error = spectral_blur_error(X, X_hat.detach(), K, size)
            else:
                kernel_error = valid_blur_error(X, x_hat.detach(), K, parts.kernel.shape[1:])
            terms[Keys.KERNEL_ERROR] = kernel_error.mean()
            if isinstance(loss, WienerBlurLoss) and loss.needs_kernel:
                K = transfer_function(parts.frozen_kernel, size) if self.attach_kernel else K.detach()
                energy = loss.energy_from_spectra(X_hat, X, K, size)
        if isinstance(loss, ScaledLikelihood):
            energy = energy if energy is not None else loss.energy(x_hat, x, parts.frozen_kernel)
            terms[Keys.SCALE] = scale = loss.batch_scale(energy.error, dimensions)
            nll = negative_log_likelihood(*energy, dimensions, scale, loss.exponent)
        else:
            nll = loss(x_hat, x, parts.frozen_kernel)
        kl = kl_divergence(parts.mu, parts.log_var)
        terms[Keys.NLL], terms[Keys.KL] = nll.mean(), kl.mean()
        terms[Keys.LOSS] = negative_elbo(nll, kl, self.beta)
        return terms
