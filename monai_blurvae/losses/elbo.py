"""The objective: reconstruction term plus beta times KL divergence."""

from jaxtyping import Float
from torch import Tensor, nn

from monai_blurvae.functional import kl_divergence
from monai_blurvae.losses.base import ReconstructionLoss
from monai_blurvae.shapes import Image, Kernel, PerImage


def negative_elbo(nll: PerImage, kl: PerImage, beta: float) -> Float[Tensor, ""]:
    """Average nll + beta * KL over the batch; with a true likelihood and beta = 1 this is the negative ELBO.

    Args:
        nll: reconstruction term of each image in nats, (B,).
        kl: KL divergence of each image's posterior to the prior in nats, (B,).
        beta: weight of the KL divergence.

    Returns:
        What training minimises, a scalar.

    Example:
        >>> import torch
        >>> negative_elbo(torch.tensor([1.0, 3.0]), torch.tensor([2.0, 4.0]), beta=0.5)
        tensor(3.5000)
    """
    return (nll + beta * kl).mean()


class NegativeELBO(nn.Module):
    """The negative ELBO of any network that gives a reconstruction and a Gaussian posterior.

    Args:
        loss: reconstruction term.
        beta: weight of the KL divergence, not negative.

    Raises:
        ValueError: If `beta` is negative.

    Example:
        >>> import torch
        >>> from monai_blurvae.losses import CrossEntropyLoss
        >>> image, standard_normal = torch.zeros(1, 1, 2, 2), torch.zeros(1, 3)  # mu = log_var = 0: no KL
        >>> NegativeELBO(CrossEntropyLoss())(image, image, standard_normal, standard_normal)
        tensor(2.7726)
    """

    def __init__(self, loss: ReconstructionLoss, beta: float = 1.0) -> None:
        super().__init__()
        if not beta >= 0:
            raise ValueError(f"`beta` must not be negative, got {beta}")
        self.loss = loss
        self.beta = beta

    def forward(
        self,
        x_hat: Image,
        x: Image,
        mu: Float[Tensor, "B latent *latent_size"],
        log_var: Float[Tensor, "B latent *latent_size"],
        kernel: Kernel | None = None,
    ) -> Float[Tensor, ""]:
        """Compute the objective of a batch.

        Args:
            x_hat: reconstructions, (B, ch, *size).
            x: images, (B, ch, *size).
            mu: posterior means, (B, latent), or (B, ch, *size) where the latent is a feature map.
            log_var: logarithms of the posterior variances, of the shape of `mu`.
            kernel: one blur kernel an image, (B, *kernel), where the reconstruction term needs it.

        Returns:
            Batch mean in nats per image, a scalar.
        """
        return negative_elbo(self.loss(x_hat, x, kernel), kl_divergence(mu, log_var), self.beta)
