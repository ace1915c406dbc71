"""The objective: every term of a batch, from one forward pass of model and loss."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from monai_blurvae.blur import NetworkBlur
from monai_blurvae.checks import check_at_least, check_integer
from monai_blurvae.functional import at_least_float32, kl_divergence, reparameterize
from monai_blurvae.keys import Keys
from monai_blurvae.losses import ReconstructionLoss, negative_elbo
from monai_blurvae.networks import LatentModel
from monai_blurvae.training.adversary import Adversary
from monai_blurvae.training.device import autocast


class Objective(nn.Module):
    """The terms of one batch: -log p(x|z) + beta * KL, and what the blur source's own step minimises.

    While the decoder's mean is not yet a blurred version of its input, the Wiener weights mean nothing. So
    in the first `warmup_epochs` epochs Sigma is s^2 times the identity. The kernel network trains in these
    epochs too.

    It holds model and loss, so that `DistributedDataParallel` synchronises the gradients of both.

    Args:
        model: the model.
        loss: reconstruction term.
        beta: weight of the KL divergence; 1 is the evidence lower bound.
        warmup_epochs: epochs with identity covariance, for a loss that needs them.
        amp: whether encoder and decoder run in bfloat16 autocast; the loss is always computed in float32.
        compile: whether to `torch.compile` encoder and decoder.
        adversary: a discriminator that judges the reconstructions; None: none.

    Raises:
        ValueError: If `beta` or `warmup_epochs` is negative, or the loss would not be trained or saved with
            the model.

    References:
        Bredell et al., Explicitly Minimizing the Blur Error of VAEs, ICLR 2023, section 4.2.
    """

    def __init__(
        self,
        model: LatentModel,
        loss: ReconstructionLoss,
        beta: float = 1.0,
        warmup_epochs: int = 0,
        amp: bool = False,
        compile: bool = False,
        adversary: Adversary | None = None,
    ) -> None:
        super().__init__()
        check_at_least(0, beta=beta)
        check_integer(0, warmup_epochs=warmup_epochs)
        _check_fit(model, loss)
        self.model = model
        self.loss = loss
        self.beta = beta
        self.warmup_epochs = warmup_epochs if loss.needs_warmup else 0
        self.amp = amp
        self.adversary = adversary
        self._explain = torch.compile(self._encode_and_decode) if compile else self._encode_and_decode

    def is_warming_up(self, epoch: int) -> bool:
        """Tell whether Sigma is the identity in this epoch.

        Args:
            epoch: epoch, from 1.

        Returns:
            True for the first `warmup_epochs` epochs.
        """
        return epoch <= self.warmup_epochs

    def check_epochs(self, epochs: int) -> None:
        """Refuse a run that never leaves the warm-up: it would train L2 under another name.

        Args:
            epochs: epochs to train.

        Raises:
            ValueError: If the warm-up covers all of them.
        """
        if 0 < epochs <= self.warmup_epochs:
            raise ValueError(
                f"`warmup_epochs` must be less than `epochs`, got {self.warmup_epochs} of {epochs}: the blur "
                "would never be used"
            )

    def forward(self, image: Tensor, noise: Tensor, epoch: int) -> Mapping[Keys, Any]:
        """Compute every term of a batch from one forward pass and one set of Fourier transforms.

        Args:
            image: images x, (B, ch, *size) in [-1, 1].
            noise: standard normal noise, (B, *latent).
            epoch: epoch, from 1.

        Returns:
            Scalars, batch means: `Keys.LOSS`, `Keys.NLL` and `Keys.KL` with a gradient only to the VAE;
            `Keys.KERNEL_ERROR`, for a blur source with a separate step, with a gradient only to the source;
            `Keys.SCALE`, for scaled likelihoods, without gradient; with an adversary `Keys.ADVERSARIAL`, a
            part of the loss, and `Keys.DISCRIMINATOR`, with a gradient only to the discriminator. Detached,
            `Keys.RECONSTRUCTION`, (B, ch, *size), and `Keys.KERNEL`, (B, *kernel) or None.
        """
        with autocast(self.amp, image.device):
            mu, log_var, z, x_hat = self._explain(image, noise)
        x, x_hat = at_least_float32(image), at_least_float32(x_hat)
        said = self.loss.terms(x_hat, x, z, self.is_warming_up(epoch))
        kl = kl_divergence(mu, log_var)
        terms = {
            Keys.RECONSTRUCTION: x_hat.detach(),
            Keys.KERNEL: said.kernel,
            Keys.NLL: said.nll.mean(),
            Keys.KL: kl.mean(),
            Keys.LOSS: negative_elbo(said.nll, kl, self.beta),
        }
        if said.kernel_error is not None:
            terms[Keys.KERNEL_ERROR] = said.kernel_error.mean()
        if said.scale is not None:
            terms[Keys.SCALE] = said.scale
        if self.adversary is not None and self.adversary.is_active(epoch):
            with autocast(self.amp, image.device):
                judged = self.adversary(x_hat, x)
            terms[Keys.LOSS] = terms[Keys.LOSS] + judged.generator
            terms[Keys.ADVERSARIAL] = judged.generator
            terms[Keys.DISCRIMINATOR] = judged.discriminator
        return terms

    def _encode_and_decode(self, image: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        mu, log_var = self.model.encode(image)
        z = reparameterize(mu, log_var, noise)
        return mu, log_var, z, self.model.decode(z)


def _check_fit(model: LatentModel, loss: ReconstructionLoss) -> None:
    """Refuse a loss whose kernel network is another model's, or whose state would not lie in the weights."""
    blur = getattr(loss, "blur", None)
    if (
        isinstance(blur, NetworkBlur)
        and model.kernel_net is not None
        and blur.kernel_net is not model.kernel_net
    ):
        raise ValueError(
            "`loss` must use the kernel network of `model`, got that of another model: make a loss for each"
        )
    if loss.state_dict() and model.likelihood is not loss:
        raise ValueError(
            f"`loss` must be the model's `likelihood`, since it has a state that is saved with the weights "
            f"({', '.join(loss.state_dict())}): pass `likelihood=loss` to the model"
        )
