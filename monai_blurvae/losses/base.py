"""The calling convention of reconstruction terms: loss(input, target, z) with MONAI's reductions."""

from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor, nn

from monai_blurvae.shapes import Code, Image, Kernel, PerImage

REDUCTIONS = ("mean", "sum", "none")
"""How the values of a batch's images are reduced, as in MONAI's losses."""


class Terms(NamedTuple):
    """The values of a reconstruction term for a batch."""

    nll: PerImage
    """The term of each image, in nats where it is a likelihood, (B,)."""
    scale: Float[Tensor, ""] | None = None
    """Scale s of the likelihood in this batch, without gradient."""
    kernel_error: PerImage | None = None
    """What the blur source's own step minimises, (B,); its gradient reaches only the source."""
    kernel: Kernel | None = None
    """Kernels of the images, detached, where the source has some."""


class ReconstructionLoss(nn.Module):
    """A reconstruction term: summed over an image's channels and pixels, one number per image.

    The sum over an image is never divided by its number of pixels: that would change the weight of the KL
    term. `reduction` acts on the images of a batch.

    `torch.jit.trace` takes every term; `torch.jit.script` takes none, since shapes are annotated.

    Subclasses define `per_image`, and `terms` where they return more than that.

    Args:
        reduction: "mean" or "sum" over the images of a batch, or "none".

    Raises:
        ValueError: If the reduction is unknown.
    """

    needs_latent: bool = False
    """Whether z must be given."""

    needs_kernel_net: bool = False
    """Whether the term needs a model with a kernel network."""

    needs_warmup: bool = False
    """Whether its weights are meaningless until the decoder's mean resembles a blurred input."""

    is_likelihood: bool = False
    """Whether the term is a negative log-likelihood of continuous values in [-1, 1], in nats."""

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        if reduction not in REDUCTIONS:
            raise ValueError(f"`reduction` must be one of {', '.join(REDUCTIONS)}, got {reduction!r}")
        self.reduction = reduction

    def per_image(self, input: Image, target: Image, z: Code | None = None) -> PerImage:
        """Compare reconstructions with images.

        Args:
            input: reconstructions x_hat (decoder means), (B, ch, *size) in [-1, 1].
            target: images x, (B, ch, *size) in [-1, 1].
            z: latents of the images, (B, *latent), for terms that need them.

        Returns:
            The term of each image, (B,).

        Raises:
            NotImplementedError: If a subclass does not define it.
        """
        raise NotImplementedError

    def terms(self, input: Image, target: Image, z: Code | None = None, warming_up: bool = False) -> Terms:
        """Compare reconstructions with images, and return everything that training needs.

        Args:
            input: reconstructions x_hat, (B, ch, *size) in [-1, 1].
            target: images x, (B, ch, *size) in [-1, 1].
            z: latents of the images, (B, *latent), for terms that need them.
            warming_up: whether a likelihood that needs a warm-up takes the identity covariance.

        Returns:
            The terms.
        """
        del warming_up
        return Terms(self.per_image(input, target, z))

    def forward(self, input: Image, target: Image, z: Code | None = None) -> Float[Tensor, "..."]:
        """Compare reconstructions with images and reduce over the batch.

        Args:
            input: reconstructions x_hat, (B, ch, *size) in [-1, 1].
            target: images x, (B, ch, *size) in [-1, 1].
            z: latents of the images, (B, *latent), for terms that need them.

        Returns:
            A scalar, or (B,) with the reduction "none".
        """
        values = self.per_image(input, target, z)
        if self.reduction == "none":
            return values
        return values.mean() if self.reduction == "mean" else values.sum()


def check_same_shape(input: Tensor, target: Tensor) -> None:
    """Refuse what are no images, and reconstructions that would be broadcast to their images.

    Args:
        input: reconstructions.
        target: images.

    Raises:
        ValueError: If the shapes differ or are not (B, ch, *size) of two or three spatial axes and at least
            one image, or the values are no real floating-point numbers.
    """
    for name, images in (("input", input), ("target", target)):
        is_real = isinstance(images, Tensor) and images.is_floating_point()
        if not is_real or images.ndim not in {4, 5} or 0 in images.shape:
            got = f"{images.dtype} {tuple(images.shape)}" if isinstance(images, Tensor) else repr(images)
            raise ValueError(f"`{name}` must be real images, (B, ch, H, W) or (B, ch, D, H, W), got {got}")
    if input.shape != target.shape:
        raise ValueError(
            f"`input` must have the shape of `target`, {tuple(target.shape)}, got {tuple(input.shape)}"
        )
