"""The paper's networks in two and three dimensions, scriptable, and a network of pixelwise scales."""

from monai_blurvae.networks.blur_vae import BlurVAE
from monai_blurvae.networks.decoder import Decoder
from monai_blurvae.networks.encoder import Encoder
from monai_blurvae.networks.features import architecture_1_features, architecture_2_features
from monai_blurvae.networks.kernel_net import KernelNet
from monai_blurvae.networks.pixel_scale import PixelScale
from monai_blurvae.networks.training_pass import Parts, TrainingPass
from monai_blurvae.networks.weights import load_weights

__all__ = [
    "BlurVAE",
    "Decoder",
    "Encoder",
    "KernelNet",
    "Parts",
    "PixelScale",
    "TrainingPass",
    "architecture_1_features",
    "architecture_2_features",
    "load_weights",
]
