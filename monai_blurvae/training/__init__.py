"""Objective, trainer and evaluator."""

from monai_blurvae.training.adversary import AdversarialTerms, Adversary, AdversarySettings
from monai_blurvae.training.device import autocast, choose_amp, choose_device
from monai_blurvae.training.evaluator import VAEEvaluator
from monai_blurvae.training.fit_scale import fit_scale
from monai_blurvae.training.noise import counted_noise
from monai_blurvae.training.objective import Objective
from monai_blurvae.training.trainer import VAETrainer, image_of, update

__all__ = [
    "AdversarialTerms",
    "Adversary",
    "AdversarySettings",
    "Objective",
    "VAEEvaluator",
    "VAETrainer",
    "autocast",
    "choose_amp",
    "choose_device",
    "counted_noise",
    "fit_scale",
    "image_of",
    "update",
]
