"""The calling convention of reconstruction terms: loss(x_hat, x, kernel) -> one number an image."""

from torch import Tensor, nn

from monai_blurvae.shapes import Image, Kernel, PerImage


class ReconstructionLoss(nn.Module):
    """A reconstruction term: sums over an image's channels and pixels, one number an image.

    Never a mean over pixels, which would change the weight of the KL term.
    """

    needs_kernel: bool = False
    """Whether a kernel must be given."""

    needs_warmup: bool = False
    """Whether its weights mean nothing before the decoder's mean resembles a blurred version of its input."""

    is_likelihood: bool = False
    """Whether the term is a negative log-likelihood of continuous values in [-1, 1], in nats."""

    def forward(self, x_hat: Image, x: Image, kernel: Kernel | None = None) -> PerImage:
        """Compare reconstructions with images.

        Args:
            x_hat: reconstructions (decoder means), (B, ch, *size) in [-1, 1].
            x: images, (B, ch, *size) in [-1, 1].
            kernel: one blur kernel an image, (B, *kernel), for terms that need it.

        Returns:
            The term, (B,).

        Raises:
            NotImplementedError: If a subclass does not define it.
        """
        raise NotImplementedError


def check_same_shape(x_hat: Tensor, x: Tensor) -> None:
    """Refuse reconstructions that would be broadcast to their images.

    Args:
        x_hat: reconstructions.
        x: images.

    Raises:
        ValueError: If the shapes differ.
    """
    if x_hat.shape != x.shape:
        raise ValueError(f"`x_hat` must have the shape of `x`, {tuple(x.shape)}, got {tuple(x_hat.shape)}")
