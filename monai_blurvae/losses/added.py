"""The sum of a reconstruction term and a second one, as autoencoders of latent diffusion are trained."""

from torch import Tensor, nn
from typing_extensions import override

from monai_blurvae.checks import check_at_least
from monai_blurvae.functional import full_spectrum_sum, half_spectrum
from monai_blurvae.losses.base import ReconstructionLoss, Terms
from monai_blurvae.losses.focal_frequency import FocalFrequencyLoss
from monai_blurvae.shapes import Code, Image, PerImage


class AddedLoss(ReconstructionLoss):
    """`term` + `weight` times `added`; the sum is not a likelihood.

    The added term is a mean over an image's values, as its authors define it. Beside a reconstruction term
    that is a sum over the image, larger images need a larger weight.

    Args:
        term: the reconstruction term.
        added: maps reconstructions and images to a number per image, (B,).
        weight: weight of the added term, not negative.

    Raises:
        ValueError: If the weight is negative.
    """

    def __init__(self, term: ReconstructionLoss, added: nn.Module, weight: float) -> None:
        super().__init__(term.reduction)
        check_at_least(0, added_weight=weight)
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
        added: Tensor = self.added(input, target)
        return said._replace(nll=said.nll + self.weight * added)


class MeanFocalFrequency(nn.Module):
    """The focal frequency loss as its authors scale it: a mean over the image's values.

    Args:
        alpha: how strongly frequencies with a large error are weighted, not negative.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__()
        self.loss = FocalFrequencyLoss(alpha)

    def forward(self, input: Image, target: Image) -> PerImage:
        """Compare reconstructions with images, (B, ch, *size), giving (B,)."""
        return self.loss.per_image(input, target) / target[0].numel()


class MeanJukebox(nn.Module):
    """Mean squared difference of the amplitudes of the orthonormal Fourier transforms.

    MONAI's `JukeboxLoss` per image, without two of its faults: it also transforms along the channels, and its
    gradient is NaN where an amplitude is 0 (docs/upstream has a patch).

    References:
        Dhariwal et al., Jukebox: A Generative Model for Music, arXiv:2005.00341, section 3.3.
    """

    def forward(self, input: Image, target: Image) -> PerImage:
        """Compare reconstructions with images, (B, ch, *size), giving (B,)."""
        size = target.shape[2:]
        amplitudes = [half_spectrum(images, len(size)).abs() for images in (target, input)]
        squares = (amplitudes[0] - amplitudes[1]).square().sum(dim=1)
        return full_spectrum_sum(squares, size) / (size.numel() * target[0].numel())
