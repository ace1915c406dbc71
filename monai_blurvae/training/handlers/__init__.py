"""Handlers of a run: curves, pictures, progress, logs, checkpoints, and a guard against non-finite values."""

from monai_blurvae.training.handlers.checkpoint import BestWeights, CheckpointResumer, CheckpointSaver
from monai_blurvae.training.handlers.curves import forget_later_points
from monai_blurvae.training.handlers.images import KernelHistory, ReconstructionImages, reconstruction_figure
from monai_blurvae.training.handlers.learning_rate import LearningRateDecay
from monai_blurvae.training.handlers.measures import MeasuresFile
from monai_blurvae.training.handlers.metrics_log import MetricsLog
from monai_blurvae.training.handlers.nan_guard import NonFiniteGuard
from monai_blurvae.training.handlers.progress import Progress, WarmupMarker
from monai_blurvae.training.handlers.scalars import scalar_terms, training_scalars, validation_scalars
from monai_blurvae.training.handlers.spectra import SpectrumImages, spectrum_figure
from monai_blurvae.training.handlers.transfer_functions import (
    TransferFunctionHistory,
    transfer_function_figure,
)
from monai_blurvae.training.handlers.validation import FinalValidation, ScaleFit

__all__ = [
    "BestWeights",
    "CheckpointResumer",
    "CheckpointSaver",
    "FinalValidation",
    "KernelHistory",
    "LearningRateDecay",
    "MeasuresFile",
    "MetricsLog",
    "NonFiniteGuard",
    "Progress",
    "ReconstructionImages",
    "ScaleFit",
    "SpectrumImages",
    "TransferFunctionHistory",
    "WarmupMarker",
    "forget_later_points",
    "reconstruction_figure",
    "scalar_terms",
    "spectrum_figure",
    "training_scalars",
    "transfer_function_figure",
    "validation_scalars",
]
