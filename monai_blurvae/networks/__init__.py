"""Latent models: the paper's networks in two and three dimensions, and MONAI's AutoencoderKL."""

from monai_blurvae.networks.autoencoder_kl import AutoencoderKLModel
from monai_blurvae.networks.blur_vae import BlurVAE
from monai_blurvae.networks.decoder import Decoder
from monai_blurvae.networks.encoder import Encoder
from monai_blurvae.networks.features import architecture_1_features, architecture_2_features
from monai_blurvae.networks.kernel_net import KernelNet
from monai_blurvae.networks.latent_model import LatentModel, with_kernel_net
from monai_blurvae.networks.latent_prior import LatentPrior
from monai_blurvae.networks.make import MODELS, ModelSettings, make_model
from monai_blurvae.networks.pixel_scale import PixelScale
from monai_blurvae.networks.weights import load_weights

__all__ = [
    "MODELS",
    "AutoencoderKLModel",
    "BlurVAE",
    "Decoder",
    "Encoder",
    "KernelNet",
    "LatentModel",
    "LatentPrior",
    "ModelSettings",
    "PixelScale",
    "architecture_1_features",
    "architecture_2_features",
    "load_weights",
    "make_model",
    "with_kernel_net",
]
