"""Engines: what happens to a batch in training and in evaluation."""

from monai_blurvae.training.evaluator import BlurVAEEvaluator
from monai_blurvae.training.fit_scale import fit_scale
from monai_blurvae.training.noise import counted_noise
from monai_blurvae.training.objective import Objective
from monai_blurvae.training.precision import autocast, choose_amp, choose_device
from monai_blurvae.training.steps import update
from monai_blurvae.training.trainer import BlurVAETrainer

__all__ = [
    "BlurVAEEvaluator",
    "BlurVAETrainer",
    "Objective",
    "autocast",
    "choose_amp",
    "choose_device",
    "counted_noise",
    "fit_scale",
    "update",
]
