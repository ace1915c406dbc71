"""The discriminator of MONAI's autoencoder tutorials, beside the reconstruction term."""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

from jaxtyping import Float
from monai.losses import PatchAdversarialLoss
from monai.networks.nets import PatchDiscriminator
from torch import Tensor, nn
from torch.func import functional_call

from monai_blurvae.settings import Checked, Count, Positive
from monai_blurvae.shapes import Image


@dataclass(frozen=True)
class AdversarySettings(Checked):
    """The settings of a discriminator; the defaults are those of MONAI's tutorials."""

    spatial_dims: Annotated[int, "[2, 3]"] = 2
    """Spatial axes of the images."""
    channels: Count = 1
    """Channels of the images."""
    features: Count = 64
    """Features of the first layer; each of the next ones has twice as many."""
    layers: Count = 3
    """Layers that halve the image."""
    weight: Positive = 0.01
    """Weight of the adversarial term in the autoencoder's objective."""
    start: Annotated[int, "[0, inf)"] = 0
    """Epochs before the discriminator is used and trained."""


class AdversarialTerms(NamedTuple):
    """What autoencoder and discriminator minimise, batch means."""

    generator: Float[Tensor, ""]
    """Of the autoencoder, weighted; its gradient reaches only the reconstructions."""
    discriminator: Float[Tensor, ""]
    """Of the discriminator; its gradient reaches only the discriminator."""


class Adversary(nn.Module):
    """A patch discriminator with the least-squares adversarial loss of MONAI.

    Both terms come from one state of the discriminator and one backward pass; in the tutorials the
    discriminator sees the step's reconstructions after the autoencoder's update.

    Args:
        settings: the settings.

    References:
        Isola et al., Image-to-Image Translation with Conditional Adversarial Networks, CVPR 2017. Mao et al.,
        Least Squares Generative Adversarial Networks, ICCV 2017.
    """

    def __init__(self, settings: AdversarySettings = AdversarySettings()) -> None:
        super().__init__()
        self.settings = settings
        self.discriminator = PatchDiscriminator(
            settings.spatial_dims, settings.features, settings.channels, num_layers_d=settings.layers
        )
        self.loss = PatchAdversarialLoss(criterion="least_squares")

    def is_active(self, epoch: int) -> bool:
        """Tell whether the discriminator is used in this epoch, counted from 1."""
        return epoch > self.settings.start

    def forward(self, input: Image, target: Image) -> AdversarialTerms:
        """Judge reconstructions and images.

        Args:
            input: reconstructions, (B, ch, *size) in [-1, 1].
            target: images, (B, ch, *size) in [-1, 1].

        Returns:
            Both terms.
        """
        fixed = {name: parameter.detach() for name, parameter in self.discriminator.named_parameters()}
        judged = functional_call(self.discriminator, fixed, (input,))[-1]
        generator: Tensor = self.loss(judged, target_is_real=True, for_discriminator=False)
        of_input = self.discriminator(input.detach())[-1]
        of_target = self.discriminator(target)[-1]
        discriminator: Tensor = self.loss(of_input, target_is_real=False, for_discriminator=True)
        discriminator = discriminator + self.loss(of_target, target_is_real=True, for_discriminator=True)
        return AdversarialTerms(self.settings.weight * generator, discriminator / 2)
