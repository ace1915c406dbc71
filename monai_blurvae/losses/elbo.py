"""The objective: reconstruction term plus beta times KL divergence."""

from jaxtyping import Float
from torch import Tensor, nn

from monai_blurvae.checks import check_at_least
from monai_blurvae.functional import kl_divergence
from monai_blurvae.losses.base import ReconstructionLoss
from monai_blurvae.shapes import Code, Image, PerImage


def negative_elbo(nll: PerImage, kl: PerImage, beta: float) -> Float[Tensor, ""]:
    """Average nll + beta * KL over the batch; with a true likelihood and beta = 1 this is the negative ELBO.

    Args:
        nll: reconstruction term of each image in nats, (B,).
        kl: KL divergence of each image's posterior to the prior in nats, (B,).
        beta: weight of the KL divergence.

    Returns:
        What training minimises, a scalar.

    Raises:
        ValueError: If `beta` is negative.

    Example:
        >>> import torch
        >>> negative_elbo(torch.tensor([1.0, 3.0]), torch.tensor([2.0, 4.0]), beta=0.5)
        tensor(3.5000)
    """
    check_at_least(0, beta=beta)
    return (nll + beta * kl).mean()


class NegativeELBO(nn.Module):
    """The negative ELBO of any network that gives a reconstruction and a Gaussian posterior.

    The posterior's spread is given by name, as `log_var` (log sigma^2) or as `sigma`: MONAI's `AutoencoderKL`
    returns sigma.

    Args:
        loss: reconstruction term; its `reduction` is not used: the objective is the mean over the batch.
        beta: weight of the KL divergence, not negative.

    Raises:
        ValueError: If `beta` is negative, or `loss` no reconstruction term.

    Example:
        >>> import torch
        >>> from monai_blurvae.losses import CrossEntropyLoss
        >>> image, mu = torch.zeros(1, 1, 2, 2), torch.zeros(1, 3)
        >>> NegativeELBO(CrossEntropyLoss())(image, image, mu, sigma=torch.ones(1, 3))  # no KL
        tensor(2.7726)
    """

    def __init__(self, loss: ReconstructionLoss, beta: float = 1.0) -> None:
        super().__init__()
        check_at_least(0, beta=beta)
        if not isinstance(loss, ReconstructionLoss):
            raise ValueError(f"`loss` must be a ReconstructionLoss, got {type(loss).__name__}")
        self.loss = loss
        self.beta = beta

    def forward(
        self,
        input: Image,
        target: Image,
        mu: Code,
        *,
        log_var: Code | None = None,
        sigma: Code | None = None,
        z: Code | None = None,
    ) -> Float[Tensor, ""]:
        """Compute the objective of a batch.

        Args:
            input: reconstructions x_hat, (B, ch, *size).
            target: images x, (B, ch, *size).
            mu: posterior means, (B, latent), or (B, ch, *size) where the latent is a feature map.
            log_var: logarithms of the posterior variances, of the shape of `mu`.
            sigma: posterior standard deviations, positive, of the shape of `mu`; instead of `log_var`.
            z: the sampled latents, (B, *latent), where the reconstruction term needs them.

        Returns:
            Batch mean in nats per image, a scalar.

        Raises:
            ValueError: If not exactly one of `log_var` and `sigma` is given, it has another shape than
                `mu`, or `sigma` is not positive (checked on the CPU).
        """
        if (log_var is None) == (sigma is None):
            raise ValueError("exactly one of `log_var` and `sigma` must be given, got both or neither")
        if sigma is not None:
            if not sigma.is_cuda and not bool((sigma > 0).all()):  # on a GPU this would wait for it
                raise ValueError(f"`sigma` must be positive, got values from {sigma.min()} to {sigma.max()}")
            log_var = 2 * sigma.log()
        assert log_var is not None
        if log_var.shape != mu.shape:
            name = "log_var" if sigma is None else "sigma"
            raise ValueError(
                f"`{name}` must have the shape of `mu`, {tuple(mu.shape)}, got {tuple(log_var.shape)}"
            )
        nll = self.loss.per_image(input, target, z)
        return negative_elbo(nll, kl_divergence(mu, log_var), self.beta)
