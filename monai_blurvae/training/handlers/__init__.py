"""Observers of a run: curves, pictures, progress, logs, and a guard against non-finite values."""

from monai_blurvae.training.handlers.archive import save_arrays
from monai_blurvae.training.handlers.checkpoint import (
    BestWeights,
    CheckpointResumer,
    CheckpointSaver,
    atomic_save,
)
from monai_blurvae.training.handlers.final_validation import FinalValidation
from monai_blurvae.training.handlers.images import ReconstructionImages
from monai_blurvae.training.handlers.kernel_history import KernelHistory
from monai_blurvae.training.handlers.learning_rate import LearningRateDecay
from monai_blurvae.training.handlers.measures import MeasuresFile
from monai_blurvae.training.handlers.metrics_log import MetricsLog
from monai_blurvae.training.handlers.nan_guard import NonFiniteGuard
from monai_blurvae.training.handlers.pictures import Pictures
from monai_blurvae.training.handlers.progress import Progress
from monai_blurvae.training.handlers.reconstruction_figure import reconstruction_figure
from monai_blurvae.training.handlers.scalars import training_scalars, validation_scalars
from monai_blurvae.training.handlers.scale_fit import ScaleFit
from monai_blurvae.training.handlers.spectra import SpectrumImages
from monai_blurvae.training.handlers.spectrum_figure import spectrum_figure
from monai_blurvae.training.handlers.terms import scalar_terms
from monai_blurvae.training.handlers.warmup import WarmupMarker

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
    "Pictures",
    "Progress",
    "ReconstructionImages",
    "ScaleFit",
    "SpectrumImages",
    "WarmupMarker",
    "atomic_save",
    "reconstruction_figure",
    "save_arrays",
    "scalar_terms",
    "spectrum_figure",
    "training_scalars",
    "validation_scalars",
]
