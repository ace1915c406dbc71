"""A latent model from plain settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, cast

from monai.networks.nets import AutoencoderKL
from torch import nn

from monai_blurvae.networks.autoencoder_kl import AutoencoderKLModel
from monai_blurvae.networks.blur_vae import BlurVAE
from monai_blurvae.networks.decoder import UPSAMPLINGS, Decoder
from monai_blurvae.networks.encoder import Encoder
from monai_blurvae.networks.latent_model import LatentModel, with_kernel_net
from monai_blurvae.settings import Checked, Count, OneOf, from_mapping


def _blur_vae(s: "ModelSettings", likelihood: nn.Module | None) -> LatentModel:
    shape = (s.image_size, s.features, s.latent_size, s.spatial_dims, s.channels, s.hidden_size)
    return BlurVAE(Encoder(*shape), Decoder(*shape, cast("Any", s.upsampling)), None, likelihood)


def _autoencoder_kl(s: "ModelSettings", likelihood: nn.Module | None) -> LatentModel:
    if any(size % s.norm_groups for size in s.features):
        raise ValueError(f"`norm_groups` must divide each of {s.features}, `features`, got {s.norm_groups}")
    autoencoder = AutoencoderKL(
        s.spatial_dims,
        in_channels=s.channels,
        out_channels=s.channels,
        num_res_blocks=s.res_blocks,
        channels=s.features,
        attention_levels=(False,) * len(s.features),
        latent_channels=s.latent_channels,
        norm_num_groups=s.norm_groups,
        with_encoder_nonlocal_attn=s.attention,
        with_decoder_nonlocal_attn=s.attention,
    )
    return AutoencoderKLModel(autoencoder, s.image_size, None, likelihood)


MODELS: dict[str, Callable[["ModelSettings", nn.Module | None], LatentModel]] = {
    "blur_vae": _blur_vae,
    "autoencoder_kl": _autoencoder_kl,
}
"""Models by name."""


@dataclass(frozen=True)
class ModelSettings(Checked):
    """The settings of all models. Each model reads its own settings and ignores the rest."""

    kind: Annotated[str, OneOf(MODELS)] = "blur_vae"
    """Which model."""
    image_size: Annotated[int, "[1, 16384]"] = 64
    """Edge length of the images in pixels."""
    spatial_dims: Annotated[int, "[2, 3]"] = 2
    """Spatial axes of the images."""
    channels: Count = 1
    """Channels of the images."""
    features: tuple[Count, ...] = (32, 64, 128, 256)
    """Features of each level, from the image to the latent."""
    latent_size: Count = 256
    """Length of z ("blur_vae")."""
    hidden_size: Count | None = 512
    """Width of the perceptrons; null: one linear layer ("blur_vae")."""
    upsampling: Annotated[str, OneOf(UPSAMPLINGS)] = "transposed"
    """How the decoder doubles the image ("blur_vae")."""
    latent_channels: Count = 3
    """Channels of z ("autoencoder_kl")."""
    res_blocks: Annotated[int, "[1, 64]"] = 2
    """Residual blocks of each level ("autoencoder_kl")."""
    attention: bool = False
    """Whether the middle of encoder and decoder has attention ("autoencoder_kl")."""
    norm_groups: Count = 16
    """Groups of the group norms, a divisor of every level's features ("autoencoder_kl")."""
    kernel_size: Annotated[int, "[1, 1023]"] = 11
    """Edge length in pixels of the kernels of a kernel network, odd."""
    kernel_softmax: bool = True
    """Whether these kernels are positive with a sum of 1."""


def make_model(
    settings: ModelSettings | Mapping[str, Any], likelihood: nn.Module | None = None
) -> LatentModel:
    """Make the model that the settings name; with a kernel network, if the likelihood needs one.

    Args:
        settings: the settings, or plain values by name.
        likelihood: the reconstruction term, as `LatentModel` explains.

    Returns:
        The model, with random weights.

    Raises:
        ValueError: If a name is unknown or a value is out of its range.

    Example:
        >>> make_model({"image_size": 16, "features": [4, 8], "latent_size": 5}).latent_shape
        (5,)
    """
    if not isinstance(settings, ModelSettings):
        settings = from_mapping(ModelSettings, settings, "model")
    model = MODELS[settings.kind](settings, likelihood)
    if getattr(likelihood, "needs_kernel_net", False):
        with_kernel_net(model, settings.kernel_size, softmax=settings.kernel_softmax)
    return model
