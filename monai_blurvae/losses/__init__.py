"""Reconstruction terms with one calling convention: loss(input, target, z)."""

from monai_blurvae.losses.base import ReconstructionLoss, Terms, check_same_shape
from monai_blurvae.losses.cross_entropy import CrossEntropyLoss
from monai_blurvae.losses.elbo import NegativeELBO, negative_elbo
from monai_blurvae.losses.focal_frequency import FocalFrequencyLoss
from monai_blurvae.losses.l1 import L1Loss
from monai_blurvae.losses.l1_mean import L1MeanLoss
from monai_blurvae.losses.l2 import L2Loss
from monai_blurvae.losses.make import TERMS, LossSettings, make_loss
from monai_blurvae.losses.robust import RobustLoss
from monai_blurvae.losses.scaled import Energy, GaussianLikelihood, ScaledLikelihood
from monai_blurvae.losses.spectral import SpectralLoss
from monai_blurvae.losses.ssim import SSIMLoss
from monai_blurvae.losses.vgg import VGGLoss
from monai_blurvae.losses.watson import WatsonLoss
from monai_blurvae.losses.wiener_blur import WienerBlurLoss

__all__ = [
    "TERMS",
    "CrossEntropyLoss",
    "Energy",
    "FocalFrequencyLoss",
    "GaussianLikelihood",
    "L1Loss",
    "L1MeanLoss",
    "L2Loss",
    "LossSettings",
    "NegativeELBO",
    "ReconstructionLoss",
    "RobustLoss",
    "SSIMLoss",
    "ScaledLikelihood",
    "SpectralLoss",
    "Terms",
    "VGGLoss",
    "WatsonLoss",
    "WienerBlurLoss",
    "check_same_shape",
    "make_loss",
    "negative_elbo",
]
