"""A reconstruction term with a second one beside it, as autoencoders of latent diffusion are trained."""

import torch
from torch import Tensor, nn
from typing_extensions import override

from monai_blurvae.losses.base import ReconstructionLoss, Terms
from monai_blurvae.losses.focal_frequency import FocalFrequencyLoss
from monai_blurvae.shapes import Code, Image, PerImage


class AddedLoss(ReconstructionLoss):
    """`term` + `weight` times `added`; the sum is no likelihood.

    The added term is a mean over an image's values, by the convention of its authors: beside a term that is
    summed over the image its weight is the larger, the larger the image.

    Args:
        term: the reconstruction term.
        added: maps reconstructions and images to a number per image, (B,).
        weight: weight of the added term, not negative.

    Raises:
        ValueError: If the weight is negative.
    """

    def __init__(self, term: ReconstructionLoss, added: nn.Module, weight: float) -> None:
        super().__init__(term.reduction)
        if not weight >= 0:
            raise ValueError(f"`added_weight` must not be negative, got {weight!r}")
        self.term = term
        self.added = added
        self.weight = weight
        self.needs_latent, self.needs_warmup = term.needs_latent, term.needs_warmup
        self.needs_kernel_net = term.needs_kernel_net

    @property
    def blur(self) -> nn.Module | None:
        """The term's blur source, if it has one."""
        return getattr(self.term, "blur", None)

    @override
    def per_image(self, input: Image, target: Image, z: Code | None = None) -> PerImage:
        added: Tensor = self.added(input, target)
        return self.term.per_image(input, target, z) + self.weight * added

    @override
    def terms(self, input: Image, target: Image, z: Code | None = None, warming_up: bool = False) -> Terms:
        said = self.term.terms(input, target, z, warming_up)
        return said._replace(nll=said.nll + self.weight * self.added(input, target))


class MeanFocalFrequency(nn.Module):
    """The focal frequency loss as its authors scale it: a mean over the image's values.

    Args:
        alpha: how strongly the hard frequencies are preferred, not negative.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__()
        self.loss = FocalFrequencyLoss(alpha)

    def forward(self, input: Image, target: Image) -> PerImage:
        """Compare reconstructions with images, (B, ch, *size), giving (B,)."""
        return self.loss.per_image(input, target) / target[0].numel()


class MeanJukebox(nn.Module):
    """MONAI's `JukeboxLoss`, per image: the mean squared difference of amplitudes of the Fourier transform.

    Args:
        spatial_dims: spatial axes of the images, 2 or 3.
    """

    def __init__(self, spatial_dims: int = 2) -> None:
        from monai.losses import JukeboxLoss

        super().__init__()
        self.loss = JukeboxLoss(spatial_dims, reduction="none")

    def forward(self, input: Image, target: Image) -> PerImage:
        """Compare reconstructions with images, (B, ch, *size), giving (B,)."""
        with torch.autocast(target.device.type, enabled=False):
            values: Tensor = self.loss(input.float(), target.float())
        return values.flatten(1).mean(dim=1)
