"""Engines: what happens to a batch in training and in evaluation."""

from monai_blurvae.engines.evaluator import BlurVAEEvaluator
from monai_blurvae.engines.fit_scale import fit_scale
from monai_blurvae.engines.noise import counted_noise
from monai_blurvae.engines.objective import Objective
from monai_blurvae.engines.precision import autocast, choose_amp, choose_device
from monai_blurvae.engines.steps import update
from monai_blurvae.engines.trainer import BlurVAETrainer

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
